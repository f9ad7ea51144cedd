"""Pictures of rollouts, traffic, volumes and namespaces, as SVG and as tables."""
