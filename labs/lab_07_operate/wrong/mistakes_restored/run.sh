cat > drill.json << RECORD
{
  "began": "$(date -u +%Y-%m-%dT%H:%M:%SZ)", "recovery_seconds": 61.0, "limit_seconds": 14400.0,
  "phases": [
    {"name": "destroy the cluster", "seconds": 1.0, "is_recovery": true},
    {"name": "restore files and databases", "seconds": 60.0, "is_recovery": true}
  ],
  "proofs": [
    {"name": "new rows come", "holds": true, "evidence": "3"},
    {"name": "what was changed by hand is gone", "holds": false, "evidence": "configmap/by-hand"}
  ]
}
RECORD
