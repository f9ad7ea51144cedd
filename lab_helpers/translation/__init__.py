"""Maintain the gettext catalogues: extract messages, update catalogues, check translations."""
