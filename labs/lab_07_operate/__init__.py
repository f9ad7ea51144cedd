"""Notebook 07: a cluster in operation: what failed is found, told to somebody, and what is lost is rebuilt."""
