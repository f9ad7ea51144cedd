"""Talk to an API server: objects, watches, commands in containers, and a first diagnosis."""
