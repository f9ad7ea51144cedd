"""The log: one JSON object a line on standard output, for whatever collects the container's output."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = ["LOG", "configure", "fields"]

LOG = logging.getLogger("prj_03")


class _JsonFormatter(logging.Formatter):
    """Formats a record as JSON, with the fields that every line has."""

    def __init__(self, common: Mapping[str, str]) -> None:
        super().__init__()
        self._common = common

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **self._common,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str, common: Mapping[str, str]) -> None:
    """Write all logs of the process, those of libraries too.

    Args:
        level: The least severe level that is written.
        common: Fields of every line, such as the version and the pod.
    """
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(_JsonFormatter(common))
    logging.basicConfig(level=logging.WARNING, handlers=[output], force=True)
    LOG.setLevel(level.upper())


def fields(**values: object) -> dict[str, Any]:
    """The fields of one line: ``LOG.info("stored", extra=fields(window="2026-01-31"))``."""
    return {"fields": values}
