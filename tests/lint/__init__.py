"""What `make lint` checks beyond Python."""
