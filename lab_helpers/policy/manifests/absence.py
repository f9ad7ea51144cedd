"""Whether a file that a kustomization names is missing, or is kept or made where nobody here can look."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab_helpers.language import gettext as _
from lab_helpers.policy.files import File, parents, vendored_directory
from lab_helpers.policy.manifests import reading
from lab_helpers.policy.manifests.build import Build, Fault, Gap
from lab_helpers.policy.manifests.kustomization import is_remote
from lab_helpers.policy.manifests.nodes import Origin

__all__ = ["Absence"]

_MADE_FROM = re.compile(r"(?:example|sample|template|tmpl|tpl|dist|j2|enc|sops|jsonnet|cue|age|gpg)\b")


class Absence:
    """Tells what is missing from what was only not read.

    Args:
        files: The files that were read, by path.
        ignored: Names that Git ignores, and that are therefore made where they are used.
        root: Where the files lie; there may be more of them, which were too large to be read.
    """

    def __init__(self, files: Mapping[str, File], ignored: Sequence[str], root: Path | None) -> None:
        self._files = files
        self._ignored = ignored
        self._root = root
        self._directories = {parent for path in files for parent in parents(path)}

    def note(self, path: str, entry: str, origin: Origin, build: Build) -> None:
        """Note what was not read: in any case as a gap of a build, and as a fault where it is missing.

        Args:
            path: The file or directory.
            entry: What it is called where it is named.
            origin: Where it is named.
            build: What it would have been a part of.
        """
        is_unread = path.startswith("..") or vendored_directory(f"{path}/-") is not None
        if not (is_remote(entry) or is_unread or self._is_made_elsewhere(path) or reading.is_template(entry)):
            reason = _("a directory without a kustomization") if path in self._directories else ""
            build.faults.append(Fault("resource", origin, entry, reason))
        build.gaps.append(Gap(origin, entry))

    def _is_made_elsewhere(self, path: str) -> bool:
        """Whether a file that was not read is there after all, or is made by a program from another one."""
        directory, _slash, name = path.rpartition("/")
        if self._root is not None and (self._root / path).is_file():
            return True
        if any(entry.strip("/") in (name, path) or _glob(entry, name) for entry in self._ignored):
            return True
        stem = name.partition(".")[0]
        siblings = (each for each in self._files if each.rpartition("/")[0] == directory)
        return any(each.rpartition("/")[2].startswith(stem) and _MADE_FROM.search(each) for each in siblings)


def _glob(entry: str, name: str) -> bool:
    pattern = entry.rpartition("/")[2]
    return bool(pattern.strip("*./")) and re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name) is not None
