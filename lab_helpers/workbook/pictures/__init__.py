"""Pictures of rollouts, traffic, volumes and namespaces: drawn for the eye, told in tables."""
