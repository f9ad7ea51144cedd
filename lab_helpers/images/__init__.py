"""Images: base images, application images, and the registry that stands for ghcr.io."""
