values=infra/helm/apps/prj-02/values-prod.yaml
grep -q '^config:' $values || cat >> $values <<EOF
config: {LOG_LEVEL: warn}
resources: {limits: {memory: ${LAB_MEMORY:-240Mi}}}
EOF
