lab addon install network-policy
