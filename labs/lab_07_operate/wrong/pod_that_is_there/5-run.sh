pod=$(kubectl -n prj-02 get pods -l app=prj-02 -o jsonpath='{.items[0].metadata.name}')
printf 'pod=%s\nversion=v1.0.0\nerror=ENOENT\n' "$pod" > incident.txt
