cp mine.agekey infra/_shared/secrets/sops/keys.txt
git -C infra add _shared && git -C infra commit -m "Keep the key where it is found"
