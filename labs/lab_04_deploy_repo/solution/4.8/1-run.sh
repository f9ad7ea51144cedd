for name in mine colleague; do
    [ -e $name.agekey ] || (umask 077 && age-keygen -o $name.agekey)
done
mkdir -p infra/_shared/secrets/sops
printf 'creation_rules:\n  - path_regex: staging/\n    age: %s,%s\n' \
    "$(age-keygen -y mine.agekey)" "$(age-keygen -y colleague.agekey)" > infra/_shared/secrets/sops/.sops.yaml
cat infra/_shared/secrets/sops/.sops.yaml

export SOPS_AGE_KEY_FILE=$PWD/mine.agekey
infra/_shared/scripts/env/setup_env_secure.sh staging
infra/_shared/scripts/env/sops_env.sh encrypt staging
git -C infra add _shared/secrets/sops
git -C infra diff --cached --quiet || git -C infra commit -m "Encrypt the values of staging"
cut -c -60 infra/_shared/secrets/sops/staging/prj-02.sops.env

rm -f infra/k8s/overlays/staging/secrets/*.env
SOPS_AGE_KEY_FILE=$PWD/colleague.agekey infra/_shared/scripts/env/sops_env.sh decrypt staging || :
