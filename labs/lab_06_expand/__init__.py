"""Notebook 06: many projects behind one door, each in its bounds, scaled, and changed by Git alone."""
