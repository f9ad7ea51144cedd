printf '{"began": "' > drill.json
