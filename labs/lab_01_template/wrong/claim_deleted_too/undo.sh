kubectl -n lab-01 exec deploy/worker -- python3 -m prj_01.migrate
kubectl -n lab-01 rollout status deployment/worker
