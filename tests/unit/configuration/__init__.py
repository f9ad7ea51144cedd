"""What an application is configured with, and what a cluster runs of it."""
