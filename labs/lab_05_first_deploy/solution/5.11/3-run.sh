infra/_shared/scripts/migrate/run-migration-job.sh || echo 'refused: nothing is applied'
