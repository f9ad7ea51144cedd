"""Helpers for the Kubernetes architecture lab: what a notebook imports."""
