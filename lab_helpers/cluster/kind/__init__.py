"""kind: Kubernetes made by kubeadm, its node a Docker container, driven by kind's own command."""
