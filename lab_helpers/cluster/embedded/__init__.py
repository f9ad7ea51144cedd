"""The embedded provider: upstream Kubernetes as processes in Linux namespaces, with no Docker.

Nothing is imported here: the keeper and the node's first process start from this package too, and must be light.
"""
