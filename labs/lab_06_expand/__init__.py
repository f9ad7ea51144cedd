"""Notebook 06: many projects behind one door, each in its bounds, scaled, and its data moved under load."""
