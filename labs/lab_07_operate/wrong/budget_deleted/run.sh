kubectl -n prj-04 delete poddisruptionbudget prj-04
