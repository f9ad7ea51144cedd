"""The image of the lab in Docker: it runs without a network, keeps what is done in it, and leaves nothing."""
