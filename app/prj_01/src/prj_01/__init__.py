"""Collect readings from a feed into PostgreSQL, and lose none."""
