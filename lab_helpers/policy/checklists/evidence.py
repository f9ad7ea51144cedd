"""Evidence in the files of a repository: the place of what a pattern fits in code, never in a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lab_helpers.policy.files import File

__all__ = ["Place", "code_of", "is_configuration", "is_test", "search", "shortened"]

_LONGEST = 90
_WRITTEN = 400  # a longer line was written by a program
# What begins a line that is a comment, or text: of C and its kin, of shells and scripts, of SQL, Lisp, templates.
_COMMENT = re.compile(r"""\s*(?://|\#(?!\[)|\*|/\*|--|;;|<!--|"{3}|'{3})""")
_TEST = re.compile(
    r"""(?:^|/)(?: test_[^/]*\.py | [^/]*_test\.(?:py|go|exs?|rb|dart|cc|cpp) | [^/]*[._-](?:test|spec)\.[cm]?[jt]sx?
    | [^/]*(?:Test|Tests|IT|Spec)\.(?:java|kt|scala|groovy|cs|php|swift) | [^/]*_spec\.rb | conftest\.py )$""",
    re.VERBOSE,
)
_TEST_DIRECTORY = re.compile(r"(?:^|[-_.])(?:tests?|__tests__|specs?|e2e)(?:$|[-_.])")
_SERVED = frozenset(("assets", "dist", "public", "static"))
_CONFIGURATION = re.compile(r"(?:^|/)(?:[^/]*\.config\.[cm]?[jt]s|setup\.py|noxfile\.py|gulpfile\.js|gruntfile\.js)$")


@dataclass(frozen=True)
class Place:
    """Where evidence lies.

    Attributes:
        file: Relative to the repository.
        line: From 1; 0 for the file as a whole.
        text: What stands there, shortened; empty where that could be a secret.
    """

    file: str
    line: int = 0
    text: str = ""


def is_test(file: File) -> bool:
    """Whether a file of source code is one of tests, by its name or its directory."""
    return _TEST.search(file.path) is not None or any(map(_TEST_DIRECTORY.search, file.parts[:-1]))


def is_configuration(file: File) -> bool:
    """Whether a file of source code tells a tool of the developers what to do, or is handed to browsers as it is."""
    return _CONFIGURATION.search(file.path) is not None or not _SERVED.isdisjoint(file.parts[:-1])


def code_of(file: File) -> File:
    """A file with nothing but its code: comments, and lines that no person has written, are empty lines."""
    is_code = (len(line) <= _WRITTEN and not _COMMENT.match(line) for line in file.lines)
    return File(file.path, "\n".join(line if code else "" for line, code in zip(file.lines, is_code, strict=True)))


def search(
    files: Iterable[File],
    *patterns: re.Pattern[str],
    beside: re.Pattern[str] | None = None,
    without: re.Pattern[str] | None = None,
) -> Place | None:
    """The first place that one of some patterns fits.

    Args:
        files: Where to search, as ``code_of`` makes them.
        patterns: What to search for.
        beside: What the same line must hold, too.
        without: What it must not hold.
    """
    for file in files:
        for match in (match for pattern in patterns for match in pattern.finditer(file.text)):
            # A pattern may begin with the space before the line.
            start = match.end() - len(match[0].lstrip())
            line = file.text[file.text.rfind("\n", 0, start) + 1 :].partition("\n")[0]
            if (beside is None or beside.search(line)) and not (without and without.search(line)):
                return Place(file.path, file.line_of(start), shortened(line))
    return None


def shortened(text: str) -> str:
    """A line as evidence shows it."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
