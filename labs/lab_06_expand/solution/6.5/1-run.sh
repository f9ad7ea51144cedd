lab addon install metrics-server
