kubectl -n prj-01 exec postgresql-0 -- psql -U lab -c "DELETE FROM alerts.alert WHERE sensor = 'press-$NONCE'"
