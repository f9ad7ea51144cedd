kubectl -n lab-03 delete pvc trial
