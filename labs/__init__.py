"""The labs behind the notebooks: outlines, checks, starters, solutions and wrong answers."""
