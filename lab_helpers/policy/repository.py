"""A repository as the rules see it: its files, what kind it is, and the parts that are judged by themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import ngettext
from lab_helpers.policy.files import LARGEST, File, Listing, read
from lab_helpers.policy.finding import Note
from lab_helpers.policy.kind import Kind, detect

__all__ = ["Part", "Repository"]

T = TypeVar("T")


@dataclass(eq=False)
class Part:
    """The files that are judged together: a whole repository, or of a template one application, or ``infra/``.

    Attributes:
        root: The repository.
        kind: What it is judged as; never ``Kind.TEMPLATE``.
        directory: Where it lies in the repository, with slashes; empty for all of it.
        files: Its text files, by path; paths are relative to the repository.
        notes: What a rule could not judge in it.
    """

    root: Path
    kind: Kind
    directory: str
    files: tuple[File, ...]
    notes: list[Note] = field(default_factory=list)
    _derived: dict[Callable[[Part], Any], Any] = field(default_factory=dict)

    def derived(self, build: Callable[[Part], T]) -> T:
        """What a function makes of this part, computed once for all rules that ask for it."""
        if build not in self._derived:
            self._derived[build] = build(self)
        return cast(T, self._derived[build])

    def note(self, file: str, reason: str) -> None:
        """Report something that could not be judged, once."""
        note = Note(file, reason)
        if note not in self.notes:
            self.notes.append(note)


class Repository:
    """A directory with all its files read.

    Args:
        root: The directory.
        kind: What it is judged as; by default what it looks like.

    Attributes:
        root: The directory.
        kind: What it is judged as.
        is_detected: Whether nobody said what it is.
        listing: Its files.
        parts: What is judged, each file in at most one of them.

    Raises:
        LabError: It cannot be read, or holds no file.
    """

    def __init__(self, root: Path, kind: Kind | None = None) -> None:
        self.root = root
        self.listing = read(root)
        if not self.listing.files:
            reason = "; ".join([_("holds no file that could be judged"), *map(_line, _unread(self.listing)[:_FEW])])
            raise LabError(reason, object=str(root), next_step=f"ls -A {root}")
        self.is_detected = kind is None
        self.kind = detect(self.listing.files) if kind is None else kind
        self.parts = self._parts()

    def _parts(self) -> tuple[Part, ...]:
        if self.kind is not Kind.TEMPLATE:
            return (Part(self.root, self.kind, "", self.listing.files),)
        by_directory: dict[str, list[File]] = {}
        for file in self.listing.files:
            by_directory.setdefault(_directory(file), []).append(file)
        return tuple(
            Part(self.root, _KINDS.get(directory.partition("/")[0], Kind.REST), directory, tuple(files))
            for directory, files in sorted(by_directory.items())
        )

    def notes(self) -> list[Note]:
        """What was not read, and what rules could not judge."""
        listing = self.listing
        return [*_unread(listing), *(note for part in self.parts for note in part.notes)]


_KINDS = {"app": Kind.APP, "infra": Kind.DEPLOY}
_FEW = 3
"""How many reasons an error names."""


def _line(note: Note) -> str:
    return f"{note.file}: {note.reason}"


def _directory(file: File) -> str:
    """The part of a template that a file belongs to."""
    first, _slash, rest = file.path.partition("/")
    if first == "app" and "/" in rest:
        return f"app/{rest.partition('/')[0]}"
    return first if first in _KINDS and rest else ""


def _unread(listing: Listing) -> list[Note]:
    notes = [Note(directory, _("others' work, not read")) for directory in listing.vendored]
    notes += [
        Note(path, _("larger than {size} MiB, not read").format(size=LARGEST // 1024**2)) for path in listing.large
    ]
    notes += [Note(path, reason) for path, reason in listing.unreadable]
    notes += [Note(path, _("a link out of the repository, not followed")) for path in listing.outside]
    if listing.binaries:
        reason = ngettext("{count} file is no text", "{count} files are no text", listing.binaries)
        notes.append(Note(".", reason.format(count=listing.binaries)))
    return notes
