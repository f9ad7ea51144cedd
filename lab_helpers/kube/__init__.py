"""Talk to a cluster: objects, rollouts, a stream of requests, volumes, and a first diagnosis."""
