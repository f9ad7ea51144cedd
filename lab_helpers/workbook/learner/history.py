"""What a repository of the template begins with: its commits and tags, the same ones wherever they are made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from lab_helpers import checkout, versions
from lab_helpers.files import content_key, once
from lab_helpers.images import applications
from lab_helpers.images.applications import Application
from lab_helpers.paths import cache_directory
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.repository import SECRET_FILES, Repository, Start
from lab_helpers.workbook.learner.stamp import TEMPLATE

__all__ = ["later", "origin", "template"]

_NOT_COPIED = shutil.ignore_patterns("node_modules", "__pycache__", ".git", SECRET_FILES)
# Every commit of a start has a fixed date, so that starting again gives the same commits: this one and hours after it.
_FIRST = 1767603600  # 2026-01-05 09:00 UTC
_HOUR = 3600
_DAY = 24 * _HOUR


def later(hours: int) -> int:
    """The date of what is committed upon the template's commits, in seconds since 1970.

    Args:
        hours: How many commits of the lab's are before it: each is an hour after the one before.
    """
    return _FIRST + _DAY + hours * _HOUR


def origin(part: str) -> str:
    """Where an App repository would be shared, from which its images have their name; empty for another repository.

    Args:
        part: The part of the template, as a path below the checkout.
    """
    folder, _slash, name = part.partition("/")
    return f"https://github.com/{applications.load(name).repository}.git" if folder == "app" else ""


def template(part: str) -> Path:
    """A repository with the commits and tags of a part of the template, made once for its content.

    Args:
        part: The part, as a path below the checkout: ``infra``, or ``app/web``.

    Raises:
        LabError: It cannot be written.
    """
    folder, _slash, name = part.partition("/")
    build = partial(_releases, applications.load(name)) if folder == "app" else partial(_deploy, part)
    key = content_key(Path(__file__), _stamp(), *_content(checkout.source_directory() / part))

    def make(directory: Path) -> None:
        directory.mkdir()
        git.init(directory)
        repository = Repository(directory)
        with tempfile.TemporaryDirectory(prefix="lab-template-") as scratch:
            repository.point_to(build(repository, Path(scratch)))

    return once(cache_directory() / "repositories" / f"{Path(part).name}-{key}", make)


def _deploy(part: str, repository: Repository, scratch: Path) -> Start:
    copy = scratch / "copy"
    shutil.copytree(checkout.source_directory() / part, copy, ignore=_NOT_COPIED)
    message = f"Begin the Deploy repository from the template\n\n{_stamp()}\n"
    return Start(repository.record(message, [], _FIRST, files=copy), {})


def _releases(application: Application, repository: Repository, scratch: Path) -> Start:
    """Commit an application's releases, each upon the one it is based on.

    ``main`` is where the story is one: at the last release before it branches.
    """
    commits: dict[str, str] = {}
    for number, release in enumerate(application.releases):
        source = scratch / release.tag
        applications.write_source(application, release, source)
        parents = [commits[release.base_tag]] if release.base_tag else []
        stamp = "" if parents else f"\n{_stamp()}\n"
        moment = _FIRST + number * _HOUR
        commits[release.tag] = repository.record(f"{release.commit}\n{stamp}", parents, moment, files=source)
    tags = {f"refs/tags/{tag}": commit for tag, commit in commits.items()}
    return Start(commits[_last_of_one_story(application)], tags)


def _last_of_one_story(application: Application) -> str:
    """The tag of the last release that all later ones are based on."""
    tag = application.releases[0].tag
    while len(later := [release.tag for release in application.releases if release.base_tag == tag]) == 1:
        (tag,) = later
    return tag


def _stamp() -> str:
    """Which template a repository came from, as a trailer of its first commit."""
    return f"Template-Version: {TEMPLATE} {versions.TEMPLATE}"


def _content(directory: Path) -> Iterator[str | Path]:
    """What a part of the template is made of: the names, modes and content of its files."""
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        yield f"{file.relative_to(directory)} {file.stat().st_mode:o}"
        yield file
