"""What a lab declares: its outline, its checks, its answers, what it needs of a cluster."""
