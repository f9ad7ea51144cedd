"""A bundle on a machine that has nothing: `make test-bundle`."""
