"""How a repository and the template that it came from have grown apart: what changed there, here, and in both."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import editions, git, stamp
from lab_helpers.workbook.learner.editions import Content
from lab_helpers.workbook.learner.repository import is_secret_file
from lab_helpers.workbook.learner.stamp import Stamp

__all__ = ["Derivation", "derivation"]

_DIFF = ("diff", "--no-index", "--no-prefix", "--no-renames", "--no-ext-diff", "--no-color")


@dataclass(frozen=True)
class Derivation:
    """A repository beside the template that it came from.

    Attributes:
        stamp: Where it came from.
        release: The release of the application that it began as; empty for the Deploy repository.
        base: What the template held then.
        template: What it holds now.
        own: What the repository holds.
    """

    stamp: Stamp
    release: str
    base: Content
    template: Content
    own: Content

    @property
    def template_changes(self) -> Mapping[str, str]:
        """What the template changed since: ``A``, ``M`` or ``D``, as Git has them, by path."""
        return _changes(self.base, self.template)

    @property
    def own_changes(self) -> Mapping[str, str]:
        """The same of the repository."""
        return _changes(self.base, self.own)

    @property
    def conflicts(self) -> list[str]:
        """The files that both changed in ways that do not merge."""
        both = self.template_changes.keys() & self.own_changes.keys()
        return sorted(path for path in both if not self._merges(path))

    def patch(self) -> str:
        """What the template changed since, as ``git apply`` takes it in the repository."""
        with tempfile.TemporaryDirectory(prefix="lab-template-") as scratch:
            for side, content in (("a", self.base), ("b", self.template)):
                (Path(scratch) / side).mkdir()
                for path in self.template_changes:
                    _write(Path(scratch) / side / path, content.get(path))
            return shell.run(["git", *_DIFF, "a", "b"], cwd=Path(scratch), env=git.author(None), check=False).stdout

    def _merges(self, path: str) -> bool:
        own, base, template = (content.get(path) for content in (self.own, self.base, self.template))
        if own == template:
            return True
        if own is None or template is None:
            return False
        with tempfile.TemporaryDirectory(prefix="lab-merge-") as scratch:
            files = [Path(scratch) / name for name in ("own", "base", "template")]
            for file, content in zip(files, (own, base or b"", template), strict=True):
                file.write_bytes(content)
            # Its status is the number of conflicts; above 127 it failed, as on what is no text.
            return shell.run(["git", "merge-file", "--quiet", *files], check=False).returncode == 0


def derivation(repository: Path) -> Derivation:
    """A repository beside the template that it came from.

    Args:
        repository: The top of its working tree.

    Raises:
        LabError: It is no Git repository, does not say where it came from, or that is not known here.
    """
    if not (repository / ".git").exists():
        reason = _("is not the top of a Git repository")
        raise LabError(reason, object=str(repository), next_step=f"git -C {repository} rev-parse --show-toplevel")
    origin = stamp.read(repository)
    releases, own = editions.edition(origin), _own(repository)
    # It does not say as which release it began: that to which it has most in common, of the same the last.
    release = min(reversed(list(releases)), key=lambda tag: len(_changes(releases[tag], own)))
    current = editions.current(origin.part)
    return Derivation(origin, release, releases[release], current.get(release, current[list(current)[-1]]), own)


def _own(repository: Path) -> Content:
    """What a repository holds, but for what Git ignores and for secret values."""
    listed = git.run(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")[:-1]
    paths = (path for path in listed if not is_secret_file(Path(path).name))
    return {path: (repository / path).read_bytes() for path in paths if (repository / path).is_file()}


def _changes(before: Content, after: Content) -> dict[str, str]:
    paths = sorted((before.keys() | after.keys()) - {stamp.FILE})
    letters = {path: _letter(before.get(path), after.get(path)) for path in paths}
    return {path: letter for path, letter in letters.items() if letter}


def _letter(before: bytes | None, after: bytes | None) -> str:
    if before == after:
        return ""
    return "A" if before is None else "D" if after is None else "M"


def _write(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
