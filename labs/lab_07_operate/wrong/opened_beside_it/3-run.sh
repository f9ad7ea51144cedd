archive=$(ls backups/k3s-* | tail -n 1)
age -d -i age.key -o "${archive%.age}" "$archive"
