"""What is proven on a cluster: rollouts, a stream of requests, volumes."""
