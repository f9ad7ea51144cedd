"""What is installed on a cluster, one directory each: found by being here, and listed nowhere."""
