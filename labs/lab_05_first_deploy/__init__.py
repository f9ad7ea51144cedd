"""Notebook 05: the first deployment, the next release, two bad ones, and what outlives a pod."""
