"""Notebook 04: what is really applied, where each setting and each secret comes from, and what a claim outlives."""
