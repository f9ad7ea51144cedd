"""Notebook 03: what a cluster is made of, and its three doors: kubectl, the pull secret, the claim."""
