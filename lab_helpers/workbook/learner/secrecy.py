"""Keep secret values out of what the learner's commands print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from lab_helpers.redact import Redactor, remember

__all__ = ["Secrecy"]


class Secrecy:
    """The secrets of one session: the registry's passwords, and the values in the workspace's secret files.

    What it learns it also tells to the run that this session is part of, which masks all else.

    Args:
        passwords: The registry's.
        workspace: Where the learner works.
    """

    def __init__(self, passwords: Iterable[str], workspace: Path) -> None:
        self._workspace = workspace
        self._known = set(passwords)
        for password in self._known:
            remember(password)

    def redactor(self) -> Redactor:
        """A redactor of all that is secret by now."""
        for value in _values(self._workspace):
            if value not in self._known:
                self._known.add(value)
                remember(value)
        return Redactor.from_environment().extended(self._known)


def _values(workspace: Path) -> Iterator[str]:
    for file in (path for path in workspace.rglob("*.env") if path.is_file()):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition("=")
            if value and not name.startswith("#"):
                yield value.strip().strip("\"'")
