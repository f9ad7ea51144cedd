infra/_shared/scripts/migrate/run-migration-job.sh
kubectl -n prj-01 get jobs

infra/_shared/scripts/migrate/run-migration-job.sh
