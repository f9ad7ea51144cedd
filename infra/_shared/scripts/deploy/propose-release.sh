#!/bin/sh
# Propose a release for an environment, as a branch of this repository that somebody merges.
#
#   propose-release.sh [--dry-run] PROJECT staging|production [TAG]
#
#   TAG          by default the one of staging: what was tried there is what production gets
#   --dry-run    show the change; neither commit nor push it
#   --help       print this
#
# The branch release/ENVIRONMENT/PROJECT-TAG of `origin` is its branch main and one commit, which changes one line: the
# tag of the project's image there. Working tree, index and branches of this clone stay as they are. The merge is the
# decision, and a revert of it the way back.
#
# Exit codes: 0 proposed, or nothing to propose; 1 not proposed; 2 wrong arguments.
set -eu

scripts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
repository=$(CDPATH='' cd -- "$scripts/../../.." && pwd)
dry_run=no
project=
environment=
tag=

fail() { # CODE OBJECT REASON NEXT_STEP
    printf 'propose-release.sh: %s: %s; next: %s\n' "$2" "$3" "$4" >&2
    exit "$1"
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
            --dry-run) dry_run=yes ;;
            -*) fail 2 arguments "there is no option $1" "propose-release.sh --help" ;;
            *)
                if [ -z "$project" ]; then
                    project=$1
                elif [ -z "$environment" ]; then
                    environment=$1
                elif [ -z "$tag" ]; then
                    tag=$1
                else
                    fail 2 arguments "one tag at a time, not $tag and $1" "propose-release.sh --help"
                fi
                ;;
        esac
        shift
    done
    [ -n "$environment" ] || fail 2 arguments "which project, and which environment?" "propose-release.sh --help"
    printf '%s\n' "$project" | grep -qx 'prj-[0-9][0-9]' ||
        fail 2 arguments "a project is called like prj-02, not $project" "propose-release.sh --help"
    case $environment in
        production | staging) ;;
        *) fail 2 arguments "an environment is staging or production, not $environment" "propose-release.sh --help" ;;
    esac
    [ -n "$tag" ] || [ "$environment" = production ] ||
        fail 2 arguments "which tag? Only production takes that of staging" "propose-release.sh --help"
}

# tag_in ENVIRONMENT: the tag that its overlay on origin's main has; its server's image has one of its own.
tag_in() {
    git show "refs/remotes/origin/main:k8s/overlays/$1/$project/kustomization.yaml" 2>/dev/null |
        sed -n "$entry s/^ *newTag: *//p" | tr -d "\"'"
}

# refusal: why Git has not pushed; what it says last is only that it has not.
refusal() {
    printf '%s\n' "$error" | grep -m 1 -E '^(remote|fatal): | ! ' || printf '%s\n' "$error" | tail -n 1
}

read_arguments "$@"
# For sed: from the name of the project's image to the next item.
entry="/^ *- name: .*\/${project}[\"']*\$/,/^ *- /"
cd "$repository"
command -v git >/dev/null || fail 1 git "it is not on PATH" "apt-get install git"
error=$(git rev-parse --git-dir 2>&1) || fail 1 "$repository" "$(printf '%s\n' "$error" | head -n 1)" "git clone"
error=$(git fetch --quiet origin 2>&1) ||
    fail 1 origin "nothing can be fetched: $(printf '%s\n' "$error" | head -n 1)" "git -C $repository remote --verbose"

present=$(tag_in "$environment")
[ -n "$present" ] || fail 1 "overlay $environment" "its $project names no tag on origin's main" \
    "git -C $repository show origin/main:k8s/overlays/$environment/$project/kustomization.yaml"
[ -n "$tag" ] || tag=$(tag_in staging)
printf '%s\n' "$tag" | grep -qxE 'v[0-9]+\.[0-9]+\.[0-9]+|sha-[0-9a-f]{7}' ||
    fail 2 arguments "a tag that never moves is called like v1.2.3 or sha-abc1234, not '$tag'" "propose-release.sh --help"
if [ "$present" = "$tag" ]; then
    echo "$environment has $project $tag already; there is nothing to propose"
    exit 0
fi

branch=release/$environment/$project-$tag
file=k8s/overlays/$environment/$project/kustomization.yaml
echo "$environment, $project: $present -> $tag"
[ "$dry_run" = no ] || exit 0

git var GIT_COMMITTER_IDENT >/dev/null 2>&1 || fail 1 "your name" "Git knows none for the commit" \
    "git config --global user.name NAME && git config --global user.email ADDRESS"

# A commit that touches nothing of what is checked out here.
index=$(mktemp)
trap 'rm -f "$index"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
export GIT_INDEX_FILE="$index"
git read-tree refs/remotes/origin/main
blob=$(git show "refs/remotes/origin/main:$file" | sed "$entry s/^\( *newTag:\).*/\1 $tag/" | git hash-object -w --stdin)
git update-index --cacheinfo "100644,$blob,$file"
commit=$(git commit-tree "$(git write-tree)" -p refs/remotes/origin/main -m "Deploy $project $tag to $environment")
unset GIT_INDEX_FILE
error=$(git push --quiet origin "+$commit:refs/heads/$branch" 2>&1) ||
    fail 1 "branch $branch" "it cannot be pushed: $(refusal)" \
        "git -C $repository push --dry-run origin main"
echo "proposed as branch $branch; to accept it:"
echo "  git fetch origin && git merge --no-ff origin/$branch && git push origin main"
