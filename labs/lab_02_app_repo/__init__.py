"""Notebook 02: an App repository of its own, from its first commit to an image that a tag and a digest name."""
