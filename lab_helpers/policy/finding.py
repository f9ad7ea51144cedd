"""What a rule of the architecture finds wrong, and what could not be judged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Note", "Severity"]


class Severity(StrEnum):
    """How much a finding weighs; ``info`` alone leaves the exit code 0."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """A place that breaks a rule, in the reader's language.

    Attributes:
        rule: The rule's id, as in ``app-secret``.
        severity: How much it weighs.
        file: The source file, relative to the repository; ``.`` for the repository as a whole.
        line: The line in it, from 1; 0 for the file as a whole.
        object: What is wrong, as its owner names it (``deployment/web``, ``DB_PASSWORD``); may be empty.
        message: What is wrong with it, in one sentence; never a secret's value.
        section: The section of the architecture, as in ``1.1``.
        why: Why it hurts.
        fix: What to do about it.
        repository: The path of the repository as it was given.
    """

    rule: str
    severity: Severity
    file: str
    line: int
    object: str
    message: str
    section: str
    why: str
    fix: str
    repository: str = "."


@dataclass(frozen=True)
class Note:
    """Something that was not judged, or not as it should be, and why.

    Attributes:
        file: The file or directory, relative to the repository.
        reason: Why, in one sentence.
        repository: The path of the repository as it was given.
    """

    file: str
    reason: str
    repository: str = "."
