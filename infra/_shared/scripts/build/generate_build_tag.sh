#!/bin/sh
# Print the tag of an App repository's image, to be written into an overlay: what its scripts/ci.sh calls it.
#
#   generate_build_tag.sh [APP_REPOSITORY]      (the current directory)
#   generate_build_tag.sh --help
#
# vX.Y.Z where HEAD carries that Git tag, else sha- and the first seven digits of the commit. A tag names what is
# committed and never moves; `latest` is no such tag, and nothing deploys it.
#
# The rule stands here and in scripts/ci.sh, for each repository is complete without the other.
set -eu

fail() { # REASON NEXT_STEP
    printf 'generate_build_tag.sh: %s\n  next: %s\n' "$1" "$2" >&2
    exit 1
}

refuse_arguments() { # REASON
    printf 'generate_build_tag.sh: arguments: %s\n  next: generate_build_tag.sh --help\n' "$1" >&2
    exit 2
}

case ${1:-} in
    --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) refuse_arguments "there is no option $1" ;;
esac
[ $# -le 1 ] || refuse_arguments "one repository at a time"
repository=${1:-.}
command -v git >/dev/null || fail "git: it is not on PATH" "apt-get install git"

revision=$(git -C "$repository" rev-parse --quiet --verify HEAD) ||
    fail "$repository: no commit here that a tag could name" "generate_build_tag.sh APP_REPOSITORY"
changes=$(git -C "$repository" status --porcelain -- .)
[ -z "$changes" ] || fail "$repository: a tag names what is committed, and this is not:
$changes" "git add . && git commit   # or: git stash --include-untracked"
release=$(git -C "$repository" tag --points-at HEAD --sort=-version:refname |
    grep -m 1 -xE 'v[0-9]+\.[0-9]+\.[0-9]+') || true
# With a prefix, for seven digits can all be decimal, and YAML reads those as a number.
echo "${release:-sha-$(echo "$revision" | cut -c 1-7)}"
