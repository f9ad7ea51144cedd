kubectl -n prj-02 wait hpa/prj-02 --for=condition=ScalingActive --timeout=90s
