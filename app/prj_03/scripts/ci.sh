#!/usr/bin/env bash
# From commit to image, on a laptop as in CI, whose workflow calls nothing else. The same file in every application.
#
#   scripts/ci.sh test     run the application's own linter and tests
#   scripts/ci.sh tag      print the tag of HEAD: vX.Y.Z where HEAD carries that Git tag, else sha-abc1234
#   scripts/ci.sh build    build the image of HEAD: of what is committed, and of nothing else
#   scripts/ci.sh push     push it and print its digest; on branch main it is `latest`, too, which nobody deploys
#
# A tag never moves: it names one commit and one image, so that whoever deploys it knows what runs, and what a rollback
# brings back.
#
# Environment, all of it optional:
#   REGISTRY            where to push; default ghcr.io
#   IMAGE_REPOSITORY    as in org/app; default: what the Git remote `origin` is called
#   BASE_IMAGE          the image to build on; default: the Dockerfile's own
#   BASE_REGISTRY       a mirror to take the Dockerfile's own from, as in mirror.example.com
#   BUILDER             docker, podman or buildah; default: the first that works
#   REGISTRY_AUTH_FILE  credentials as `docker login` writes them; for docker, a file called config.json
#   REGISTRY_CERT_DIR   for podman and buildah, a directory with the registry's ca.crt; docker has /etc/docker/certs.d
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

main() {
    case ${1-} in
        test) run_tests ;;
        tag) print_tag ;;
        build) build_image ;;
        push) push_image ;;
        *) fail "no such command: ${1:-(none)}" "scripts/ci.sh test | tag | build | push" ;;
    esac
}

fail() { # REASON NEXT_STEP
    printf 'ci.sh: %s\n  next: %s\n' "$1" "$2" >&2
    exit 1
}

run_tests() {
    if [ -f package.json ]; then
        test_node
    elif [ -f pyproject.toml ]; then
        test_python
    else
        fail "no package.json and no pyproject.toml, which say what there is to test" "ls -A"
    fi
}

test_node() {
    [ -f package-lock.json ] || fail "no package-lock.json, which pins what the tests need" "npm install"
    npm ci --no-audit --no-fund
    npm run lint
    npm test
}

test_python() {
    [ -f requirements-dev.txt ] || fail "no requirements-dev.txt, which pins what the tests need" \
        "uv export --no-emit-project --output-file requirements-dev.txt"
    [ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
    local pip=(.venv/bin/python -m pip install --quiet --disable-pip-version-check)
    "${pip[@]}" --require-hashes --requirement requirements-dev.txt
    .venv/bin/python -m ruff check .
    .venv/bin/python -m ruff format --check .
    .venv/bin/python -m pytest
}

# The rule; infra/_shared/scripts/build/generate_build_tag.sh of a Deploy repository has the same.
print_tag() {
    local changes release
    git rev-parse --quiet --verify HEAD >/dev/null || fail "no commit here that a tag could name" "git add . && git commit"
    changes=$(git status --porcelain -- .)
    [ -z "$changes" ] || fail "a tag names what is committed, and this is not:"$'\n'"$changes" \
        "git add . && git commit   # or: git stash --include-untracked"
    release=$(git tag --points-at HEAD --sort=-version:refname | grep -m 1 -xE 'v[0-9]+\.[0-9]+\.[0-9]+') || true
    # With a prefix, for seven digits can all be decimal, and YAML reads those as a number.
    echo "${release:-sha-$(git rev-parse HEAD | cut -c 1-7)}"
}

# $repository, $tag and $image: what the image of HEAD is called. $builder: what builds it.
name_image() {
    tag=$(print_tag)
    repository=${IMAGE_REPOSITORY:-$(origin_repository)}
    repository=${REGISTRY:-ghcr.io}/$repository
    image=$repository:$tag
    builder=${BUILDER:-$(find_builder)}
}

origin_repository() {
    local origin path
    origin=$(git remote get-url origin 2>/dev/null) ||
        fail "no IMAGE_REPOSITORY, and no Git remote to call it after" "export IMAGE_REPOSITORY=org/app"
    case $origin in
        /* | .* | file://*)
            fail "no IMAGE_REPOSITORY, and origin is a directory, $origin, after which no image can be called" \
                "export IMAGE_REPOSITORY=org/app"
            ;;
        *://*) path=${origin#*://*/} ;; # https://github.com/org/app.git
        *) path=${origin#*:} ;;         # git@github.com:org/app.git
    esac
    echo "${path%.git}" | tr '[:upper:]' '[:lower:]'
}

find_builder() {
    local program
    for program in docker podman buildah; do
        if "$program" info >/dev/null 2>&1; then
            echo "$program"
            return
        fi
    done
    fail "neither docker nor podman nor buildah works here" "docker info"
}

build_image() {
    name_image
    local base revision
    local options=(--tag "$image")
    revision=$(git rev-parse HEAD)
    # With the commit's time on every file, so that the same commit makes the same layers.
    context=$(mktemp -d)
    trap 'rm -rf "$context"' EXIT
    git archive HEAD | tar -x -C "$context"

    base=$(base_image "$context/Dockerfile")
    [ -z "$base" ] || options+=(--build-arg "BASE_IMAGE=$base")
    options+=(--build-arg "VERSION=$tag" --build-arg "REVISION=$revision")
    options+=(--label "org.opencontainers.image.version=$tag" --label "org.opencontainers.image.revision=$revision")
    [ ! -f .template.toml ] || options+=(--label "lab.template.version=$(template_version)")
    if [ "$builder" = docker ]; then
        SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
        export SOURCE_DATE_EPOCH
    else
        options+=(--layers --pull=false --timestamp "$(git log -1 --format=%ct)")
        [ -z "${REGISTRY_CERT_DIR:-}" ] || options+=(--cert-dir "$REGISTRY_CERT_DIR")
    fi
    "$builder" build "${options[@]}" "$context"
    echo "built $image"
}

base_image() { # DOCKERFILE
    if [ -n "${BASE_IMAGE:-}" ]; then
        echo "$BASE_IMAGE"
    elif [ -n "${BASE_REGISTRY:-}" ]; then
        sed -n "s|^ARG BASE_IMAGE=[^/]*/|$BASE_REGISTRY/|p" "$1"
    fi
}

template_version() {
    sed -n 's/^version *= *"\(.*\)"$/\1/p' .template.toml
}

push_image() {
    name_image
    local revision
    revision=$(built_revision)
    [ "$revision" = "$(git rev-parse HEAD)" ] || fail "$image is not built of this commit" "scripts/ci.sh build"
    push_as "$image"
    if [ "$(git branch --show-current)" = main ]; then
        "$builder" tag "$image" "$repository:latest"
        push_as "$repository:latest"
    fi
}

built_revision() {
    local label='"org.opencontainers.image.revision"'
    case $builder in
        buildah) buildah inspect --type image --format "{{index .OCIv1.Config.Labels $label}}" "$image" ;;
        *) "$builder" image inspect --format "{{index .Config.Labels $label}}" "$image" ;;
    esac 2>/dev/null || true
}

push_as() { # IMAGE
    if [ "$builder" = docker ]; then
        docker ${REGISTRY_AUTH_FILE:+--config "$(dirname "$REGISTRY_AUTH_FILE")"} push --quiet "$1" >&2
        digest=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$1" |
            sed -n "s|^$repository@||p")
    else
        digest_file=$(mktemp)
        trap 'rm -f "$digest_file"' EXIT
        "$builder" push --quiet ${REGISTRY_CERT_DIR:+--cert-dir "$REGISTRY_CERT_DIR"} --digestfile "$digest_file" "$1"
        digest=$(cat "$digest_file")
        rm "$digest_file"
    fi
    echo "pushed $1@$digest"
}

main "$@"
