pod=$(kubectl -n prj-02 get pods -l app=prj-02 -o name | head -n 1)
printf 'pod=%s\nversion=v1.0.0\nerror=ENOENT\n' "${pod#pod/}" > incident.txt
