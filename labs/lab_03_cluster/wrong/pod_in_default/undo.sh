kubectl -n default delete pod writer
