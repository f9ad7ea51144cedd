"""Drills: something is lost on purpose, and the time is taken until all of it is back."""
