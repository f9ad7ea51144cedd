"""Clusters: the contract of a provider, and the providers."""
