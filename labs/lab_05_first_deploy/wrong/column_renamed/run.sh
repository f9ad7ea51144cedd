cat > infra/_shared/migrations/006_add_currency.sql <<'SQL'
-- +goose Up
CREATE INDEX swing_order_by_total ON project_2.swing_order (total);
ALTER TABLE project_2.swing_order ADD COLUMN currency text NOT NULL DEFAULT 'EUR';
ALTER TABLE project_2.swing_order RENAME COLUMN total TO amount;
-- +goose Down
ALTER TABLE project_2.swing_order DROP COLUMN currency;
DROP INDEX project_2.swing_order_by_total;
SQL
sed -i 's/newTag: .*/newTag: v1.5.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml
git -C infra add _shared/migrations
git -C infra diff --quiet HEAD || git -C infra commit -am "Deploy v1.5.0 to staging"
infra/_shared/scripts/migrate/run-migration-job.sh
