"""The session of a notebook: open a lab, run shell cells, check steps, give hints and solutions."""
