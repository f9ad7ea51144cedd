"""Display in a notebook or a terminal: cards, tables, a progress line."""
