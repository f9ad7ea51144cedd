"""The session that a notebook holds: it opens a lab, runs shell cells, proves steps, helps."""
