"""A learner's room, as ``lab open`` sets it up: notebooks, environment variables, what is withheld."""
