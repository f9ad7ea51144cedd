"""What a part of the template held in one of its versions: now from the checkout's files, before from its history."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab_helpers import archives, checkout, versions
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.images import applications
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import git, stamp
from lab_helpers.workbook.learner.stamp import Stamp
from lab_helpers.workbook.learner.workspace import files_below

__all__ = ["Content", "Edition", "current", "edition"]

Content = Mapping[str, bytes]
"""Files by their paths in a repository."""

Edition = Mapping[str, Content]
"""What a version of the template holds, by release; of a part without releases, by the empty tag."""


def current(part: str) -> Edition:
    """What a part of the template holds in the files of this checkout.

    Raises:
        LabError: There is no such part.
    """
    return _read(checkout.source_directory(), part)


def edition(derived: Stamp) -> Edition:
    """What a part of the template held in the version that a repository came from.

    A version is all that was committed until its stamp changed: where the version before last ended there is the one
    before the commit that says the next.

    Raises:
        LabError: This checkout has no history, or none with that version.
    """
    if derived.version == versions.TEMPLATE:
        return current(derived.part)
    root = checkout.source_directory()
    commit = _last_commit(root, derived)
    with tempfile.TemporaryDirectory(prefix="lab-template-") as scratch:
        archive = Path(scratch) / "part.tar"
        git.run(root, "archive", f"--output={archive}", commit, "--", derived.part)
        archives.unpack(archive, Path(scratch))
        return _read(Path(scratch), derived.part)


def _last_commit(root: Path, derived: Stamp) -> str:
    """The last commit in which a part of the template had the version that a stamp says."""
    file = f"{derived.part}/{stamp.FILE}"
    known, after = [versions.TEMPLATE], "HEAD"
    for commit in _commits(root, file):
        version = _version_at(root, commit, file)
        if version == derived.version:
            return after
        known.append(version)
        after = f"{commit}^"
    reason = _("came from version {version} of the template, which this checkout does not know; it knows {known}")
    reason = reason.format(version=derived.version, known=", ".join(filter(None, dict.fromkeys(known))))
    raise LabError(reason, object=derived.part, next_step=f"git -C {root} pull --tags")


def _commits(root: Path, file: str) -> list[str]:
    """The commits that changed a file, the newest first."""
    reason = _("is no Git checkout, so that an earlier version of the template cannot be looked up")
    if not (root / ".git").exists():
        raise LabError(reason, object=str(root), next_step="git clone")
    try:
        if git.run(root, "rev-parse", "--is-shallow-repository").strip() == "true":
            reason = _("is a shallow clone, so that an earlier version of the template cannot be looked up")
            raise LabError(reason, object=str(root), next_step=f"git -C {root} fetch --unshallow")
        return git.run(root, "log", "--format=%H", "--", file).split()
    except CommandFailed as error:
        raise LabError(reason, object=str(root), last_event=error.output, next_step=f"git -C {root} status") from error


def _version_at(root: Path, commit: str, file: str) -> str:
    try:
        return stamp.version_in(git.run(root, "show", f"{commit}:{file}"))
    except CommandFailed:
        return ""  # the commit that removed it


def _read(root: Path, part: str) -> Edition:
    folder, _slash, name = part.partition("/")
    if not (root / part).is_dir():
        reason = _("is no part of the template; there are {parts}").format(parts=", ".join(_parts()))
        raise LabError(reason, object=part, next_step="lab template status PATH")
    if folder != "app":
        return {"": _content(root / part)}
    application = applications.load(name, root / folder)
    return {release.tag: _released(application, release) for release in application.releases}


def _released(application: applications.Application, release: applications.Release) -> Content:
    with tempfile.TemporaryDirectory(prefix="lab-release-") as scratch:
        applications.write_source(application, release, Path(scratch))
        return _content(Path(scratch))


def _content(directory: Path) -> Content:
    return {path.as_posix(): (directory / path).read_bytes() for path in files_below(directory)}


def _parts() -> Iterator[str]:
    yield "infra"
    yield from (f"app/{name}" for name in applications.names())
