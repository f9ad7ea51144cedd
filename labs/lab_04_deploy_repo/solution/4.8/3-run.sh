export SOPS_AGE_KEY_FILE=$PWD/mine.agekey
rm -f infra/k8s/overlays/staging/secrets/*.env
infra/_shared/scripts/env/setup_env_secure.sh staging
infra/_shared/scripts/env/sops_env.sh encrypt staging
git -C infra commit -am "Change every value of staging"
