kubectl -n lab-03 delete pod writer
