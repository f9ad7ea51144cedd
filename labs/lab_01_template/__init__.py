"""Notebook 01: two repositories out of the template, what belongs where, and a Compose file as manifests."""
