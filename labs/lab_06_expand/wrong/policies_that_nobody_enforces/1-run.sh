lab addon remove network-policy
