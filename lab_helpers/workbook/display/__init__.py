"""How things are shown to a reader: cards, tables, one line of progress; in a notebook or a terminal."""
