"""The two sides of a comparison: a directory, a revision of Git, or a cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab_helpers import archives, shell
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy import files
from lab_helpers.policy.changes.comparing import Objects, Side, key_of
from lab_helpers.policy.files import File
from lab_helpers.policy.kind import Kind
from lab_helpers.policy.manifests.build import Build, Gap
from lab_helpers.policy.manifests.building import Builder
from lab_helpers.policy.manifests.collecting import inventory
from lab_helpers.policy.repository import Part

__all__ = ["of_directory", "of_revision", "repository_of"]


def repository_of(directory: Path) -> Path:
    """The repository that a directory lies in: Git's, else the working directory, else the directory itself."""
    directory = directory.resolve()
    try:
        return Path(shell.run(["git", "-C", directory, "rev-parse", "--show-toplevel"]).stdout.strip())
    except (CommandFailed, LabError):  # no repository, or no git
        return Path.cwd() if directory.is_relative_to(Path.cwd()) else directory


def of_directory(directory: Path, root: Path | None = None) -> Side:
    """What a directory deploys: its kustomization, else all root kustomizations and plain manifests below it.

    Files that Git ignores are read where a kustomization names them, such as those of its Secrets.

    Args:
        directory: The directory.
        root: What it may take files from, and what their paths are relative to; by default its repository.

    Raises:
        LabError: There is nothing to deploy, or the kustomization cannot be built.
    """
    root = root or repository_of(directory)
    return _objects(root, directory.resolve().relative_to(root.resolve()).as_posix(), str(directory))


def of_revision(revision: str, directory: Path) -> Side:
    """What a directory deployed as of a revision; nothing where it was not there yet.

    Raises:
        LabError: There is no such revision, or the kustomization cannot be built.
    """
    root = repository_of(directory)
    with _checkout(root, revision) as copy:
        path = directory.resolve().relative_to(root.resolve())
        if not (copy / path).is_dir():
            return Side({})
        return _objects(copy, path.as_posix(), f"{revision}:{path}")


@contextmanager
def _checkout(root: Path, revision: str) -> Iterator[Path]:
    """The files of a revision, in a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory() as temporary:
        archive, copy = Path(temporary) / "revision.tar", Path(temporary) / "files"
        command: list[str | Path] = [
            "git",
            "-C",
            root,
            "archive",
            "--format=tar",
            "--output",
            archive,
            f"{revision}^{{commit}}",
        ]
        try:
            shell.run(command)
        except CommandFailed as error:
            reason = _("is neither a directory nor a revision of Git")
            raise LabError(reason, object=revision, next_step=f"git -C {root} log --oneline") from error
        archives.unpack(archive, copy)
        yield copy


def _objects(root: Path, path: str, title: str) -> Side:
    listing = {file.path: file for file in files.read(root).files}
    path = "" if path == "." else path
    builder = Builder(listing)
    if path in builder.kustomizations:
        build = _built(builder, root, path, title)
        return _side({key_of(manifest): manifest for manifest in build.manifests}, build.gaps)
    deployments = inventory(Part(root, Kind.DEPLOY, "", tuple(listing.values()))).deployments
    objects, gaps = {}, []
    for deployment in deployments:
        if _is_below(deployment.directory, path):
            gaps += deployment.gaps
        for manifest in deployment.manifests:
            place = deployment.directory if deployment.kustomization else manifest.origin.file
            if deployment.is_listed and _is_below(place, path):
                root_name = deployment.directory if deployment.kustomization else ""
                objects[key_of(manifest, root_name)] = manifest
    if not objects:
        step = f"kubectl kustomize {title}"
        raise LabError(_("holds nothing that could be deployed"), object=title, next_step=step)
    return _side(objects, gaps)


def _side(objects: Objects, gaps: Sequence[Gap]) -> Side:
    unknown = [f"{gap.origin.file}:{gap.origin.line} {gap.name}" for gap in gaps]
    absent = [file for manifest in objects.values() for file in manifest.absent]
    return Side(objects, tuple(dict.fromkeys([*unknown, *absent])))


def _built(builder: Builder, root: Path, path: str, title: str) -> Build:
    """A kustomization with the files that Git ignores, as a person who applies it would have them."""
    build = builder.build(path)
    ignored = [
        file
        for file in sorted(build.files)
        if file not in builder.files and not file.startswith(("/", "..")) and (root / file).is_file()
    ]
    if ignored:
        texts = {file: File(file, (root / file).read_text(encoding="utf-8", errors="replace")) for file in ignored}
        build = Builder({**builder.files, **texts}).build(path)
    for fault in build.faults:
        if fault.kind in ("resource", "patch", "failure"):
            reason = fault.reason or _("is named and not there")
            where = f"{fault.origin.file}:{fault.origin.line}"
            raise LabError(f"{fault.name}: {reason}", object=where, next_step=f"kubectl kustomize {title}")
    return build


def _is_below(place: str, path: str) -> bool:
    return not path or place == path or place.startswith(f"{path}/")
