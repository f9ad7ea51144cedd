"""The `lab` command: one file a verb."""
