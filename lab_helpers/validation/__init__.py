"""What must hold of a notebook and its lab before anybody learns with it; its author is told, and the tests ask."""
