# As it came, unless it was mended already.
grep -q DEFAULT infra/_shared/migrations/006_add_currency.sql 2>/dev/null || cat > infra/_shared/migrations/006_add_currency.sql <<'SQL'
-- +goose Up
CREATE INDEX swing_order_by_total ON project_2.swing_order (total);
ALTER TABLE project_2.swing_order ADD COLUMN currency text NOT NULL;
-- +goose Down
ALTER TABLE project_2.swing_order DROP COLUMN currency;
DROP INDEX project_2.swing_order_by_total;
SQL
sed -i 's/newTag: .*/newTag: v1.5.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml
