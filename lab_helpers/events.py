"""The event stream of a run, as JSON lines: it feeds progress, JUnit, report and board."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_helpers import locks
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.redact import Redactor

__all__ = ["EVENTS_FILE", "KINDS", "NOTEBOOK", "Event", "Follower", "append", "emit", "read"]

EVENTS_FILE = "LAB_EVENTS"
"""The environment variable with the path of the stream."""

NOTEBOOK = "LAB_NOTEBOOK"
"""The environment variable with the stem of the notebook being run."""

KINDS = ("run", "notebook", "step", "cell", "check", "cluster", "image")


@dataclass(frozen=True)
class Event:
    """An event of a run.

    Attributes:
        kind: The kind of its subject: one of ``KINDS``.
        at: When it happened, in seconds since 1970.
        fields: ``notebook``, ``step``, ``title``, ``state``, ``seconds`` and the fields of its kind.
    """

    kind: str
    at: float
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its subject: the name, else the step, else the notebook."""
        return str(self.fields.get("name") or self.fields.get("step") or self.fields.get("notebook") or "")

    @property
    def state(self) -> str:
        """``started``, ``passed``, ``failed``, ``skipped`` …; empty if the event has none."""
        return str(self.fields.get("state", ""))

    def line(self) -> str:
        """The event as one line of JSON, newline included."""
        content = {"kind": self.kind, "at": self.at, **self.fields}
        return json.dumps(content, ensure_ascii=False, default=str) + "\n"

    @classmethod
    def parse(cls, line: str) -> Event | None:
        """Parse a line of JSON; None if it is no event."""
        try:
            content = json.loads(line)
            return cls(str(content.pop("kind")), float(content.pop("at")), content)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def emit(kind: str, **fields: object) -> None:
    """Append an event to the run's stream; outside a run (LAB_EVENTS is not set) do nothing.

    Adds the notebook being run, and masks the run's secrets.

    Args:
        kind: One of ``KINDS``.
        **fields: The event's fields; values that JSON cannot encode become text.

    Raises:
        LabError: The stream could not be written.
    """
    path = os.environ.get(EVENTS_FILE)
    if not path:
        return
    if os.environ.get(NOTEBOOK):
        fields.setdefault("notebook", os.environ[NOTEBOOK])
    append(Path(path), Event(kind, time.time(), fields), Redactor.from_environment())


def append(path: Path, event: Event, redactor: Redactor) -> None:
    """Append one event to a stream that several processes may write concurrently.

    Raises:
        LabError: The stream could not be written.
    """
    if event.kind not in KINDS:
        raise ValueError(f"no such kind of event: {event.kind}")
    plain = json.loads(event.line())  # secrets are masked in the encoded values, not in the objects behind them
    line = json.dumps(redactor.tree(plain), ensure_ascii=False).encode() + b"\n"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            locks.lock(descriptor)  # ends with the descriptor
            if not _ends_with_newline(descriptor):
                line = b"\n" + line  # else it would continue the incomplete line of a killed writer
            written = os.write(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _write_error(path, error.strerror or str(error)) from error
    if written < len(line):
        raise _write_error(path, _("no space left for the whole line"))


def read(path: Path) -> list[Event]:
    """All events of a stream, oldest first; none if there is no such file.

    An incomplete line (its writer was killed, the disk was full) is ignored.
    """
    return Follower(path).new()


class Follower:
    """Reads a stream incrementally.

    Args:
        path: The stream; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new(self) -> list[Event]:
        """The events appended since the last call."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._offset)
                content = stream.read()
        except FileNotFoundError:
            return []
        complete = content[: content.rfind(b"\n") + 1]
        self._offset += len(complete)
        events = map(Event.parse, complete.decode("utf-8", errors="replace").split("\n"))
        return [event for event in events if event is not None]


def _ends_with_newline(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _write_error(path: Path, reason: str) -> LabError:
    message = _("cannot write the run's events: {reason}").format(reason=reason)
    return LabError(message, object=str(path), next_step=f"df -h {path.parent}")
