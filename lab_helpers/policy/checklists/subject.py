"""An App repository as its checklist looks at it: what runs, what tests it, how it is built."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy.checklists import evidence
from lab_helpers.policy.checklists.dockerfile import Dockerfile, parse
from lab_helpers.policy.files import File, read
from lab_helpers.policy.kind import Kind, detect, is_aside, is_dockerfile, is_source, is_tooling

__all__ = ["Subject", "read_files", "subject"]


class Subject:
    """The repository that a checklist is about.

    Args:
        root: Its directory.
        files: Its text files.
    """

    def __init__(self, root: Path, files: Sequence[File]) -> None:
        self.root = root
        # What lies highest is the repository's own, rather than an example in it.
        self.files = tuple(sorted(files, key=lambda file: file.path.count("/")))

    @cached_property
    def code(self) -> tuple[File, ...]:
        """The source that runs: neither tests nor examples nor the scripts of whoever works with it."""
        return tuple(evidence.code_of(file) for file in self.files if is_source(file) and not self._is_beside(file))

    @cached_property
    def tests(self) -> tuple[File, ...]:
        """The files of tests."""
        return tuple(evidence.code_of(file) for file in self.files if is_source(file) and evidence.is_test(file))

    @cached_property
    def dockerfile(self) -> Dockerfile | None:
        """The Dockerfile, of several the one that lies highest; None where there is none."""
        candidates = [file for file in self.files if is_dockerfile(file) and not is_aside(file)]
        highest = min(candidates, key=lambda file: (file.path.count("/"), len(file.name), file.path), default=None)
        return parse(highest) if highest else None

    @staticmethod
    def _is_beside(file: File) -> bool:
        return is_aside(file) or is_tooling(file) or evidence.is_test(file) or evidence.is_configuration(file)


def subject(root: Path) -> Subject:
    """The App repository in a directory.

    Raises:
        LabError: It cannot be read, holds nothing, or holds several repositories.
    """
    files = read_files(root)
    if detect(files) is Kind.TEMPLATE:
        reason = _("is the template, of which each application is a repository")
        part = next(file.directory for file in files if is_dockerfile(file) and file.path.startswith("app/"))
        raise LabError(reason, object=str(root), next_step=shlex.join(["lab", "checklist", "app", str(root / part)]))
    return Subject(root, files)


def read_files(root: Path) -> Sequence[File]:
    """The text files of a repository.

    Raises:
        LabError: It is no directory, or holds none.
    """
    if not root.is_dir():
        raise LabError(_("is no directory"), object=str(root), next_step=f"ls -ld {root}")
    files = read(root).files
    if not files:
        raise LabError(_("holds no file that could be judged"), object=str(root), next_step=f"ls -A {root}")
    return files
