cat > drill.json << RECORD
{
  "began": "2026-01-31T02:14:00Z", "recovery_seconds": 61.0, "limit_seconds": 14400.0,
  "phases": [
    {"name": "destroy the cluster", "seconds": 1.0, "is_recovery": true},
    {"name": "restore files and databases", "seconds": 60.0, "is_recovery": true}
  ],
  "proofs": [{"name": "new rows come", "holds": true, "evidence": "3"}]
}
RECORD
