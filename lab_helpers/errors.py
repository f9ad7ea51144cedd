"""The errors of the lab: one root that carries data, and the few children callers tell apart."""

from __future__ import annotations

import errno
import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from lab_helpers.language import columns, pad
from lab_helpers.language import gettext as _

__all__ = [
    "CheckFailed",
    "CommandFailed",
    "Forbidden",
    "LabError",
    "NotSupported",
    "Unauthorized",
    "Unwritable",
    "WaitTimeout",
]


class LabError(Exception):
    """Something went wrong that a person can mend.

    Attributes:
        reason: What is wrong, one sentence.
        object: What it is wrong with, as its owner names it (``deployment/prj-02``, ``port 443``, a path).
        last_event: The last thing seen before giving up: an event, a line of output; may be empty.
        next_step: The next command to type, or the next thing to do; may be empty.
    """

    exit_code = 1
    is_final = False
    """Whether asking again is of no use: whoever waits for something else ends with it."""

    def __init__(self, reason: str, *, object: str = "", last_event: str = "", next_step: str = "") -> None:  # noqa: A002
        self.reason = reason
        self.object = object
        self.last_event = last_event
        self.next_step = next_step
        super().__init__(reason)

    def __str__(self) -> str:
        lines = [f"{self.object}: {self.reason}" if self.object else self.reason]
        if self.last_event:
            lines.append("  " + _("last event: {event}").format(event=self.last_event))
        if self.next_step:
            lines.append("  " + _("next: {command}").format(command=self.next_step))
        return "\n".join(lines)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: the error is for a person, not for its author."""
        return [str(self)]


class CommandFailed(LabError):
    """A command ended with a non-zero exit status; it is the next step itself where no better one is given.

    Attributes:
        argv: The command as it ran.
        returncode: Its exit status; negative for the signal that ended it.
        output: The end of what it printed.
    """

    def __init__(self, argv: Sequence[str], returncode: int, output: str, *, next_step: str = "") -> None:
        self.argv = list(argv)
        self.returncode = returncode
        self.output = output
        command = shlex.join(self.argv)
        told = _("ended with {code}: {command}") if next_step else _("ended with {code}")
        super().__init__(
            told.format(code=returncode, command=command),
            object=PurePath(self.argv[0]).name,
            last_event=output.strip()[-2000:],
            next_step=next_step or command,
        )


class Unwritable(LabError):
    """A file or directory could not be written.

    Args:
        path: What was to be written.
        error: Why it could not be.
        next_step: What to type; by default what shows why.
    """

    def __init__(self, path: PurePath, error: OSError, *, next_step: str = "") -> None:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        super().__init__(
            _("cannot be written: {reason}").format(reason=error.strerror or error),
            object=str(path),
            next_step=next_step or (f"df -h {path.parent}" if is_full else f"ls -ld {path.parent}"),
        )


class WaitTimeout(LabError):
    """A condition did not become true before its deadline."""


class Forbidden(LabError):
    """The cluster does not let this user do that."""

    is_final = True


class Unauthorized(LabError):
    """The cluster or the registry does not know this user: credentials are wrong, or have expired."""

    is_final = True


class NotSupported(LabError):
    """The cluster at hand lacks a capability; a notebook skips the section with this reason."""

    is_final = True


class CheckFailed(LabError):
    """A learner's step is not done yet.

    Attributes:
        step: The step's id, as in ``5.3``.
        expected: What the check wanted to see.
        seen: What it saw instead.
        hint: A nudge towards the mistake, not yet the solution.
        evidence: What else was seen, by its name in English: values, tables, pictures.
    """

    def __init__(
        self,
        expected: str,
        *,
        seen: str,
        hint: str,
        step: str = "",
        next_step: str = "",
        evidence: Mapping[str, object] | None = None,
    ) -> None:
        self.step = step
        self.evidence = dict(evidence or {})
        self.expected = expected
        self.seen = seen
        self.hint = hint
        reason = _("expected {expected}, saw {seen}").format(expected=expected, seen=seen)
        super().__init__(reason, object=step, next_step=next_step)

    def __str__(self) -> str:
        lines = [(_("expected"), self.expected), (_("seen"), self.seen), (_("hint"), self.hint)]
        if self.next_step:
            lines.append((_("next"), self.next_step))
        width = max(columns(name) for name, _text in lines) + 1
        return "\n".join([f"✗ {self.step}".rstrip(), *(f"  {pad(f'{name}:', width)} {text}" for name, text in lines)])
