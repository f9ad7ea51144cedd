"""The log: one JSON object a line on standard output, for whatever collects the container's output."""

from __future__ import annotations

import json
import logging
import socket
import sys
from datetime import UTC, datetime

__all__ = ["configure", "logger", "reason"]

logger = logging.getLogger("prj_01")
"""What everything here logs with; ``extra`` holds the fields of a line."""

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__)


class _Lines(logging.Formatter):
    def __init__(self, version: str) -> None:
        super().__init__()
        self._common = {"version": version, "pod": socket.gethostname()}

    def format(self, record: logging.LogRecord) -> str:
        fields = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "level": record.levelname.lower(), "message": record.getMessage()}
        return json.dumps({**line, **self._common, **fields}, default=str)


def reason(error: Exception) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split())


def configure(level: str, version: str) -> None:
    """Write all that is logged, by libraries too, from a level on.

    Args:
        level: The least severe level, as in ``info``.
        version: Stands in every line, beside the pod's name.
    """
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(_Lines(version))
    logging.basicConfig(level=level.upper(), handlers=[lines], force=True)
    # A run that was left out because the one before it still waits for the database is told by that one.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
