# needs: namespaces
mina() { kubectl --as=mina --as-group=prj-02-team "$@"; }
mina -n prj-02 get pods
mina auth can-i delete deployments -n prj-02
if mina -n prj-01 get secrets; then exit 1; fi
if mina -n prj-02 delete resourcequota prj-02; then exit 1; fi
