"""The lab's exceptions: one base class that carries data, and the subclasses that callers distinguish."""

from __future__ import annotations

import errno
import shlex
from collections.abc import Callable, Mapping, Sequence
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
    """An error that a person can fix.

    Attributes:
        reason: What is wrong, in one sentence.
        object: The object concerned, as its owner names it (``deployment/web``, ``port 443``, a path).
        last_event: The last event or line of output before the error; may be empty.
        next_step: The next command to type, or the next thing to do; may be empty.
    """

    exit_code = 1
    is_final = False
    """Whether retrying is useless: ``wait.until`` raises it at once."""

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
        """What IPython shows instead of a traceback."""
        return [str(self)]


class CommandFailed(LabError):
    """A command ended with a non-zero exit status; the next step is the command itself by default.

    Attributes:
        argv: The program and its arguments.
        returncode: Its exit status; negative for the signal that ended it.
        output: The end of its output.
    """

    def __init__(self, argv: Sequence[str], returncode: int, output: str, *, next_step: str = "") -> None:
        self.argv = list(argv)
        self.returncode = returncode
        self.output = output
        command = shlex.join(self.argv)
        template = _("ended with {code}: {command}") if next_step else _("ended with {code}")
        super().__init__(
            template.format(code=returncode, command=command),
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
    """403: the cluster does not allow this user the request."""

    is_final = True


class Unauthorized(LabError):
    """401: the cluster or the registry rejects the credentials, which are wrong or have expired."""

    is_final = True


class NotSupported(LabError):
    """The cluster lacks a capability; a notebook skips the section with this reason."""

    is_final = True


class CheckFailed(LabError):
    """A learner's step is not done yet.

    Attributes:
        step: The step's id, as in ``5.3``.
        expected: The state that the check requires.
        seen: The state that it observed instead.
        hint: A nudge towards the mistake, not yet the solution.
        evidence: Further observations by their English name: values, tables, pictures.
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

    def redact(self, redact: Callable[[str], str]) -> None:
        """Take secrets out of all that it says."""
        for name in ("reason", "expected", "seen", "hint", "next_step"):
            setattr(self, name, redact(getattr(self, name)))
        self.evidence = {name: redact(fact) if isinstance(fact, str) else fact for name, fact in self.evidence.items()}

    def __str__(self) -> str:
        lines = [(_("expected"), self.expected), (_("seen"), self.seen), (_("hint"), self.hint)]
        if self.next_step:
            lines.append((_("next"), self.next_step))
        width = max(columns(name) for name, _text in lines) + 1
        return "\n".join([f"✗ {self.step}".rstrip(), *(f"  {pad(f'{name}:', width)} {text}" for name, text in lines)])
