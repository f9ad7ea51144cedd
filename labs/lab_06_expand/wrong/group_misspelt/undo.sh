kubectl -n prj-01 delete resourcequota,limitrange,rolebinding,role --all
kubectl -n prj-02 delete resourcequota,limitrange,rolebinding,role --all
kubectl -n prj-03 delete resourcequota,limitrange,rolebinding,role --all
kubectl -n prj-04 delete resourcequota,limitrange,rolebinding,role --all
