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

__all__ = ["LARGEST", "File", "Listing", "parents", "read", "vendored_directory"]

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
    files, large, unreadable, outside = [], [], [], []
    vendored, binaries = set(), 0
    for path in sorted(_of_git(root) or _walk(root)):
        directory = vendored_directory(path)
        if directory is not None:
            vendored.add(directory)
            continue
        place = root / path
        if place.is_symlink():
            if not place.resolve().is_relative_to(root.resolve()):
                outside.append(path)
            continue  # what it leads to is read under its own name
        if place.is_dir():
            unreadable.append((path, _("a submodule: it is a repository of its own")))
            continue
        try:
            status = place.stat()
            if not stat.S_ISREG(status.st_mode):
                unreadable.append((path, _("neither a file nor a directory")))
                continue
            if _BINARY.fullmatch(PurePosixPath(path).suffix):
                binaries += 1
                continue
            if status.st_size > LARGEST:
                large.append(path)
                continue
            content = place.read_bytes()
        except FileNotFoundError:  # deleted, and not committed yet
            continue
        except OSError as error:
            unreadable.append((path, error.strerror or str(error)))
            continue
        if b"\0" in content[:8192]:
            binaries += 1
            continue
        files.append(File(path, content.decode("utf-8", errors="replace").removeprefix("\ufeff").replace("\r\n", "\n")))
    return Listing(tuple(files), tuple(sorted(vendored)), binaries, tuple(large), tuple(unreadable), tuple(outside))


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
