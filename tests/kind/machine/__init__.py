"""Docker and a node image on a machine that has neither, and reaches no image registry: what kind is tested on here."""
