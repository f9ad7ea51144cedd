"""What clusters share whose nodes are Docker's containers, made by a command of their own: kind and k3d."""
