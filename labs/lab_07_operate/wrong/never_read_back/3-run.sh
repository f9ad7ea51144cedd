for archive in backups/k3s-*; do truncate -s -1000 "$archive"; done
