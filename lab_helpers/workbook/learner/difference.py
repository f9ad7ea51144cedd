"""What differs between two directories, as Git shows it, and as commands that make one like the other when pasted."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import CommandFailed

__all__ = ["Change", "change"]

_ELEMENTS = {"+": ("ins", "rgba(0,158,115,.18)"), "-": ("del", "rgba(213,94,0,.18)")}
# What a terminal would take for a key that was pressed.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

# Whatever the user told their Git to do with differences, these are to be applied.
_GIT = ("git", "-c", "core.quotePath=false", "diff", "--no-index", "--no-prefix", "--no-color", "--no-ext-diff")
_GIT_OPTIONS = ("--no-textconv", "--no-renames", "--binary", "--unified=1", "a", "b")
_NO_CONFIGURATION = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


@dataclass(frozen=True)
class Change:
    """What to change in files.

    Attributes:
        diff: As `git diff` prints it, with paths from the top of the directory; empty where nothing is to change.
        in_the_way: What goes aside first: a directory or a link where a file belongs, a file that no diff can show.
    """

    diff: str = ""
    in_the_way: tuple[Path, ...] = ()

    @property
    def commands(self) -> str:
        """What makes the change when it is pasted into a shell in that directory; empty where there is none."""
        before, after = self._around
        return f"{before}{self.diff}{after}"

    def page_form(self) -> str:
        """The commands as HTML, with the lines of the diff in their colours."""
        before, after = self._around
        lines = map(_page_form, self.diff.split("\n")[:-1])
        return f"{escape(before)}{''.join(lines)}{escape(after)}"

    @property
    def _around(self) -> tuple[str, str]:
        aside = "".join(
            f"mv -T --backup=numbered {shlex.quote(str(name))} {shlex.quote(f'{name}.mine')}\n"
            for name in self.in_the_way
        )
        # Told of no repository: in one that lies around the directory, it would leave everything out and say nothing.
        return (f"{aside}git --git-dir= apply <<'END'\n", "END\n") if self.diff else (aside, "")


def change(before: Path, after: Path, names: Iterable[Path]) -> Change:
    """What makes the files of these names in one directory what they are in another.

    Args:
        before: As it is; whatever may lie there.
        after: As it should be.
        names: The files, relative to both; one may be missing in either.
    """
    in_the_way: list[Path] = []
    with tempfile.TemporaryDirectory(prefix="lab-change-") as scratch:
        for name in names:
            if _content(before / name) == _content(after / name):
                continue
            obstacle = _obstacle(before, name)
            if obstacle is None:
                _copy(before / name, Path(scratch) / "a" / name)
            elif obstacle not in in_the_way:
                in_the_way.append(obstacle)
            _copy(after / name, Path(scratch) / "b" / name)
        return Change(_diff(Path(scratch)), tuple(in_the_way))


def _content(file: Path) -> tuple[bytes, bool] | None:
    """What a file holds, and whether it may be executed; None where there is no file that could be read."""
    try:
        return file.read_bytes(), os.access(file, os.X_OK)
    except OSError:
        return None


def _obstacle(directory: Path, name: Path) -> Path | None:
    """What has to go aside before a file of this name can be changed, or made."""
    for parent in reversed(name.parents[:-1]):
        path = directory / parent
        if path.is_symlink() or path.is_file():
            return parent
    file = directory / name
    return name if os.path.lexists(file) and (file.is_symlink() or not _is_text(file)) else None


def _is_text(file: Path) -> bool:
    """Whether a file can be pasted as part of a diff."""
    try:
        return _CONTROL.search(file.read_bytes().decode()) is None
    except (OSError, UnicodeDecodeError):  # a directory, too
        return False


def _copy(file: Path, target: Path) -> None:
    if file.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)


def _diff(directory: Path) -> str:
    """The difference between its subdirectories ``a`` and ``b``."""
    for side in ("a", "b"):
        (directory / side).mkdir(exist_ok=True)
    argv = (*_GIT, *_GIT_OPTIONS)
    compared = shell.run(argv, cwd=directory, env=_NO_CONFIGURATION, check=False)
    if compared.returncode > 1:  # 1 says that they differ
        raise CommandFailed(argv, compared.returncode, compared.stderr)
    return compared.stdout


def _page_form(line: str) -> str:
    if line.startswith(("+++", "---")) or line[:1] not in _ELEMENTS:
        return f"{escape(line)}\n"
    element, ground = _ELEMENTS[line[0]]
    return f'<{element} style="text-decoration:none;background:{ground}">{escape(line)}</{element}>\n'
