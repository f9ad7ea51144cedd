kubectl create clusterrolebinding prj-02-team --clusterrole=admin --group=prj-02-team
