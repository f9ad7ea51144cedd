lab addon remove metrics-server
