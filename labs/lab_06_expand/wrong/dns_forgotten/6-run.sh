kubectl -n prj-04 delete networkpolicy prj-04-dns
