"""List and read the files of a repository: what Git knows of, or all that lies there; what is not read is counted."""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from lab_helpers import shell
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.language import gettext as _

__all__ = ["LARGEST", "File", "Listing", "parents", "read", "real_path", "vendored_directory"]

LARGEST = 2 * 1024 * 1024
"""The largest file that is read, in bytes."""

_VENDORED = re.compile(
    r"""\.(?:git|gradle|terraform|tox|venv|yarn) | Pods | __pycache__ | bower_components | node_modules | site-packages
    | third[_-]party | vendor | vendored | venv""",
    re.VERBOSE,
)
# What is no text, so that it is not even opened.
_BINARY = re.compile(
    r"""\.(?: 7z | a | avif | bin | bmp | br | bz2 | class | db | dll | dylib | eot | exe | gif | gz | icns | ico | jar
    | jpe?g | lz4 | mo | mov | mp[34] | o | og[gv] | otf | parquet | pdf | png | psd | pyc | so | sqlite3? | tar | tgz
    | tiff? | ttf | wasm | wav | web[mp] | whl | woff2? | xlsx | xz | zip | zst )""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class File:
    """A text file of a repository.

    Attributes:
        path: Relative to the repository, with slashes.
        text: Its content.
    """

    path: str
    text: str

    @cached_property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @cached_property
    def directory(self) -> str:
        """The path of the directory; empty for the repository's own."""
        return self.path.rpartition("/")[0]

    @cached_property
    def suffix(self) -> str:
        """The last suffix in lower case, as in ``.py``; empty where there is none."""
        return PurePosixPath(self.name).suffix.lower()

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts of the path in lower case."""
        return tuple(self.path.lower().split("/"))

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, without their ends."""
        return self.text.split("\n")

    def line_of(self, offset: int) -> int:
        """The line, from 1, of a place in the text."""
        return bisect_left(self._ends, offset) + 1

    @cached_property
    def _ends(self) -> list[int]:
        """Where the lines end."""
        return [match.start() for match in re.finditer("\n", self.text)]


@dataclass(frozen=True)
class Listing:
    """The files of a directory.

    Attributes:
        files: Those that were read, by path.
        vendored: The directories of others' work that were not, relative to the root.
        binaries: How many files are no text.
        large: Paths of what is larger than ``LARGEST``.
        unreadable: Paths of what could not be read, each with the reason.
        outside: Paths of links that lead out of the directory.
    """

    files: tuple[File, ...]
    vendored: tuple[str, ...]
    binaries: int
    large: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    outside: tuple[str, ...]


def read(root: Path) -> Listing:
    """Read a directory's files: those that Git tracks or would track, where there is a repository, else all.

    Raises:
        LabError: The directory cannot be read, or is a bare repository.
    """
    if (root / "HEAD").is_file() and (root / "objects").is_dir():
        step = f"git --git-dir {root} worktree add ../checkout"
        raise LabError(_("is a bare repository, without files to judge"), object=str(root), next_step=step)
    reader = _Reader(root)
    for path in sorted(_of_git(root) or _walk(root)):
        reader.add(path)
    return reader.listing()


class _Reader:
    """Reads the files of a directory one by one, and remembers what it did not read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: list[File] = []
        self._vendored: set[str] = set()
        self._binaries = 0
        self._large: list[str] = []
        self._unreadable: list[tuple[str, str]] = []
        self._outside: list[str] = []

    def listing(self) -> Listing:
        vendored, large, outside = tuple(sorted(self._vendored)), tuple(self._large), tuple(self._outside)
        return Listing(tuple(self._files), vendored, self._binaries, large, tuple(self._unreadable), outside)

    def add(self, path: str) -> None:
        directory = vendored_directory(path)
        place = self._root / path
        if directory is not None:
            self._vendored.add(directory)
        elif place.is_symlink():
            if not real_path(place).is_relative_to(real_path(self._root)):
                self._outside.append(path)  # what else it leads to is read under its own name
        elif place.is_dir():
            self._unreadable.append((path, _("a submodule: it is a repository of its own")))
        else:
            try:
                self._add_file(path, place)
            except FileNotFoundError:  # deleted, and not committed yet
                pass
            except OSError as error:
                self._unreadable.append((path, error.strerror or str(error)))

    def _add_file(self, path: str, place: Path) -> None:
        status = place.stat()
        if not stat.S_ISREG(status.st_mode):
            self._unreadable.append((path, _("a pipe, a socket or a device")))
        elif _BINARY.fullmatch(PurePosixPath(path).suffix):
            self._binaries += 1
        elif status.st_size > LARGEST:
            self._large.append(path)
        elif b"\0" in (content := place.read_bytes())[:8192]:
            self._binaries += 1
        else:
            text = content.decode("utf-8", errors="replace").removeprefix("\ufeff").replace("\r\n", "\n")
            self._files.append(File(path, text))


def real_path(path: Path) -> Path:
    """The path without links; that of a link to itself ends there, where ``Path.resolve`` raises RuntimeError."""
    return Path(os.path.realpath(path))


def vendored_directory(path: str) -> str | None:
    """The directory of others' work that a file lies in."""
    parts = path.split("/")
    for depth, part in enumerate(parts[:-1], 1):
        if _VENDORED.fullmatch(part):
            return "/".join(parts[:depth])
    return None


def parents(path: str) -> set[str]:
    """The paths of the directories that a file lies in, without the repository's own."""
    parts = path.split("/")[:-1]
    return {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}


def _of_git(root: Path) -> list[str]:
    """What Git tracks below a directory, or would track; empty where no repository knows it."""
    holder = next((place for place in (root, *root.resolve().parents) if (place / ".git").exists()), None)
    if holder is None or shell.find("git") is None:
        return []
    settings = ["-c", "safe.directory=*", "-c", "core.fsmonitor=false"]
    command = ["git", *settings, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    try:
        listed = shell.run(command, cwd=root).stdout
    except CommandFailed:  # a .git that is none: its files are files all the same
        return []
    return [path for path in listed.split("\0") if path]


def _walk(root: Path) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        if Path(error.filename) == root:
            raise LabError(error.strerror or str(error), object=str(root), next_step=f"ls -ld {root}") from error

    for directory, directories, names in os.walk(root, onerror=refuse):
        directories[:] = [name for name in directories if name != ".git"]
        place = Path(directory).relative_to(root)
        for name in list(directories):
            if _VENDORED.fullmatch(name):
                directories.remove(name)
                names.append(f"{name}/-")
            elif (Path(directory) / name).is_symlink():
                names.append(name)
        yield from ((place / name).as_posix() for name in names)
