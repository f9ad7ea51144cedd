kubectl delete namespace prj-01 prj-02 prj-03 prj-04
