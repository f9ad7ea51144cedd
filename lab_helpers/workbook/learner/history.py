"""What a repository of the template begins with: its commits and tags, the same ones wherever they are made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path

from lab_helpers import checkout, versions
from lab_helpers.files import content_key, once
from lab_helpers.images import applications
from lab_helpers.images.applications import Application, Release
from lab_helpers.paths import cache_directory
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.repository import SECRET_FILES, Repository, Start
from lab_helpers.workbook.learner.stamp import TEMPLATE

__all__ = ["WHOLE", "later", "origin", "template"]

WHOLE = "template"
"""The part that is all of the template, in one repository: its applications below ``app/``, and ``infra/``."""

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


def template(part: str, starter: Path | None = None) -> Path:
    """A repository with the commits and tags of a part of the template, made once for its content.

    Args:
        part: The part, as a path below the checkout: ``infra``, or ``app/web``; or ``WHOLE``.
        starter: Files that lie over those of ``WHOLE`` in each of its commits, so that none shows what is left to do.

    Raises:
        LabError: It cannot be written.
    """
    folder, _slash, name = part.partition("/")
    if part == WHOLE:
        build, sources = partial(_whole, starter), [checkout.app_directory(), checkout.infra_directory()]
    elif folder == "app":
        build, sources = partial(_releases, applications.load(name)), [checkout.source_directory() / part]
    else:
        build, sources = partial(_deploy, part), [checkout.source_directory() / part]
    sources += [starter] if starter and starter.is_dir() else []
    content = (entry for source in sources for entry in _content(source))
    key = content_key(Path(__file__), _stamp(), *content)

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


def _whole(starter: Path | None, repository: Repository, scratch: Path) -> Start:
    """Commit the template as one repository: first what is deployed, then the applications' releases in turn."""
    copy = scratch / "infra"
    shutil.copytree(checkout.infra_directory(), copy / "infra", ignore=_NOT_COPIED)
    commit = repository.record(f"Begin from the template\n\n{_stamp()}\n", [], _FIRST, files=copy)
    for number, (application, release) in enumerate(_in_turn(), start=1):
        copy = scratch / f"{application.name}-{release.tag}"
        part = Path("app", application.name)
        applications.write_source(application, release, copy / part)
        if starter is not None and (starter / part).is_dir():
            shutil.copytree(starter / part, copy / part, dirs_exist_ok=True)
        message = f"{application.name}: {release.commit}\n"
        commit = repository.record(message, [commit], _FIRST + number * _HOUR, files=copy, upon=[commit])
    return Start(commit, {})


def _in_turn() -> Iterator[tuple[Application, Release]]:
    """The applications with their first releases, then with their second, as far as the story of each is one."""
    stories = [
        [(application, release) for release in _story(application)]
        for application in map(applications.load, applications.names())
    ]
    yield from (commit for turn in zip_longest(*stories) for commit in turn if commit is not None)


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
    return Start(commits[_story(application)[-1].tag], tags)


def _story(application: Application) -> list[Release]:
    """The releases up to the last one that all later ones are based on."""
    story = [application.releases[0]]
    while len(later := [release for release in application.releases if release.base_tag == story[-1].tag]) == 1:
        story += later
    return story


def _stamp() -> str:
    """Which template a repository came from, as a trailer of its first commit."""
    return f"Template-Version: {TEMPLATE} {versions.TEMPLATE}"


def _content(directory: Path) -> Iterator[str | Path]:
    """What a part of the template is made of: the names, modes and content of its files."""
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        yield f"{file.relative_to(directory)} {file.stat().st_mode:o}"
        yield file
