"""Read a learner's App and Deploy repository: what they hold, and the image tags that they name."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from lab_helpers.workbook.learner import committed, git
from lab_helpers.workbook.pictures import words
from lab_helpers.workbook.pictures.boundary_model import Boundary, Reference, RepositoryContents

__all__ = ["read"]

_APP = (
    (words.PIPELINE, r"\.github/|scripts/ci\.sh"),
    (words.SCHEMA, r"\.env\.example"),
    (words.TESTS, r"tests?/"),
    (words.DOCUMENTS, r".*\.md"),
    (words.SOURCE, r"src/"),
    (
        words.BUILD,
        r"Dockerfile|\.dockerignore|package.*\.json|pyproject\.toml|requirements.*\.txt|.*lock.*|migrations/",
    ),
)
_DEPLOY = (
    (words.ENVIRONMENTS, r"k8s/overlays/"),
    (words.WORKLOADS, r"k8s/base/(deployments|statefulsets|cronjobs|jobs)/"),
    (words.NETWORK, r"k8s/base/(services|ingress|networkpolicies)/"),
    (words.SETTINGS, r"k8s/base/(configmaps|secrets)/"),
    (words.STORAGE, r"k8s/base/pvc/"),
    (words.SCRIPTS, r"_shared/scripts/"),
)


def read(
    app: Path, deploy: Path, *, image: str, pushed: Sequence[str], misplaced: Mapping[Path, Sequence[str]]
) -> Boundary:
    """What lies on either side of the boundary, as far as it is committed.

    Args:
        app: The App repository.
        deploy: The Deploy repository.
        image: The image that the App repository builds, without a tag.
        pushed: The tags of it that the registry has.
        misplaced: The files that break a rule, by repository.

    Raises:
        CommandFailed: One of them is no repository, or has no commit.
    """
    return Boundary(
        _contents(app, _APP, misplaced.get(app, ())),
        _contents(deploy, _DEPLOY, misplaced.get(deploy, ())),
        image,
        git.run(app, "tag").split(),
        pushed,
        list(_references(deploy)),
    )


def _contents(directory: Path, kinds: Sequence[tuple[str, str]], misplaced: Sequence[str]) -> RepositoryContents:
    files = git.run(directory, "ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")[:-1]
    kind_of = (next((kind for kind, pattern in kinds if re.match(pattern, file)), "") for file in files)
    commits = int(git.run(directory, "rev-list", "--count", "HEAD"))
    return RepositoryContents(directory.name, commits, _template(directory), Counter(kind_of), misplaced)


def _template(directory: Path) -> str:
    try:
        stamp = tomllib.loads(committed.text(directory, ".template.toml"))
    except tomllib.TOMLDecodeError:
        return ""
    return f"{stamp.get('template', '')} {stamp.get('version', '')}".strip()


def _references(directory: Path) -> Iterator[Reference]:
    """The images that each overlay names, or a component in it; one that is no YAML names none."""
    overlays = directory / "k8s/overlays"
    for file in sorted(overlays.rglob("kustomization.yaml")):
        environment = file.relative_to(overlays).parts[0]
        try:
            content = yaml.safe_load(committed.text(directory, file.relative_to(directory).as_posix()))
        except yaml.YAMLError:
            continue
        images = content.get("images") if isinstance(content, dict) else None
        for entry in images or ():
            if isinstance(entry, dict):
                yield Reference(environment, str(entry.get("name", "")), str(entry.get("newTag", "")))
