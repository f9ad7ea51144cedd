"""The job: extract, transform, store; its exit status and its last line say how it went."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import sys
import time
from datetime import UTC, datetime
from enum import IntEnum
from types import FrameType
from typing import NoReturn

import psycopg
from psycopg import errors

from prj_03 import extract, report, settings, store, transform
from prj_03.log import LOG, configure, fields
from prj_03.patience import insist, reason
from prj_03.settings import Settings, SettingsError

__all__ = ["Status", "main"]


class Status(IntEnum):
    """What the exit status of the job means; `README.md` says what to do about each."""

    DONE = 0
    SETTINGS = 1
    DATABASE = 3
    NO_READINGS = 4
    REPORT_DIR = 5
    BUSY = 6
    STOPPED = 128 + signal.SIGTERM


class _NoReadingsError(Exception):
    """The window has none."""


def main() -> int:
    """Make the report that the environment asks for; the exit status."""
    try:
        configuration = settings.read(os.environ, datetime.now(UTC))
    except SettingsError as error:
        print(f"prj-03: {error}", file=sys.stderr)
        return Status.SETTINGS
    configure(configuration.log_level, {"version": configuration.version, "pod": socket.gethostname()})
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        status, message = _run(configuration)
    except KeyboardInterrupt:
        status, message = Status.STOPPED, "stopped by a signal; run it again, for it makes the same report"
    if status is not Status.DONE:
        LOG.error(message, extra=fields(window=configuration.window.name, status=int(status)))
    return status


def _run(configuration: Settings) -> tuple[Status, str]:
    """Make the report, and try again while the database is away; how it went, and why not."""
    try:
        insist(lambda: _produce(configuration), configuration.patience_seconds)
    except _NoReadingsError:
        return Status.NO_READINGS, f"there is no reading in {configuration.window.name}: nothing is stored"
    except store.BusyError:
        return Status.BUSY, f"another run has had {configuration.window.name} for all that time"
    except errors.UndefinedTable as error:
        return Status.DATABASE, f"{reason(error)}: prj_03.migrate, or prj-01's migration, has not run"
    except psycopg.OperationalError as error:
        return Status.DATABASE, f"the database is away: {reason(error)}"
    except psycopg.Error as error:
        return Status.DATABASE, f"the database refused: {reason(error)}"
    except OSError as error:
        # Of a full volume the system names no file.
        return Status.REPORT_DIR, f"REPORT_DIR: {error.strerror}: {error.filename or configuration.report_dir}"
    return Status.DONE, ""


def _produce(configuration: Settings) -> None:
    began, window = time.monotonic(), configuration.window
    with store.connected(configuration.database_url, window, configuration.patience_seconds) as connection:

        def make() -> str:
            body = report.render(window, transform.figures(extract.readings(connection, window)))
            if not json.loads(body)["sensors"]:
                raise _NoReadingsError
            return body

        body, is_old = store.stored(connection, window, make)
        if configuration.report_dir is not None:
            store.write(configuration.report_dir, window, body)
    LOG.info(
        "report stands" if is_old else "report stored",
        extra=fields(
            window=window.name,
            readings=json.loads(body)["readings"],
            sensors=len(json.loads(body)["sensors"]),
            sha256=hashlib.sha256(body.encode()).hexdigest(),
            seconds=round(time.monotonic() - began, 3),
        ),
    )


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)  # a second signal ends the process at once
    # The one exception at which psycopg cancels what the server is doing.
    raise KeyboardInterrupt
