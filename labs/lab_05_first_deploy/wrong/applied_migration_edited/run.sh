infra/_shared/scripts/migrate/run-migration-job.sh
sed -i 's/^    total .*/&\n    currency text,/' infra/_shared/migrations/002_create_swing_tables.sql
git -C infra diff --quiet || git -C infra commit -am "Keep the currency of an order"
infra/_shared/scripts/migrate/run-migration-job.sh
