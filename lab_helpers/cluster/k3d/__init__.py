"""k3s in Docker's containers, made by k3d. Written from k3d's documentation; it has not been run here."""
