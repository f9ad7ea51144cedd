"""The directory that a run leaves its results in: nobody else writes there meanwhile, and it holds no secrets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab_helpers import locks
from lab_helpers.errors import LabError, Unwritable
from lab_helpers.events import EVENTS_FILE
from lab_helpers.language import gettext as _
from lab_helpers.redact import SECRETS_FILE
from lab_helpers.run.engine.kernel import private_directory

__all__ = ["EVENTS", "alone_in"]

EVENTS = "events.jsonl"
"""The file of the run's events, by which the next run knows its own."""

_ANOTHER = "lab run --output ANOTHER"


@contextmanager
def alone_in(output: Path) -> Iterator[None]:
    """Have a directory for one run, free of what an earlier one left; kernels learn where events and secrets go.

    Raises:
        LabError: Another run writes there, it holds notebooks that no run left, or it cannot be written.
    """
    with locks.hold(output / ".run", "lab run", object=str(output), next_step=_ANOTHER), private_directory() as private:
        _clear(output)
        # What must not be shown is known to this process and to the kernels by a private file, not by its content.
        # Beside the report it would be handed on with it. A file that the caller named holds more that is secret.
        secrets = os.environ.get(SECRETS_FILE) or str(private / "secrets")
        with _environment({SECRETS_FILE: secrets, EVENTS_FILE: str((output / EVENTS).absolute())}):
            yield


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _clear(output: Path) -> None:
    """Make room for this run's notebooks.

    Raises:
        LabError: There are some that no run left, or they cannot be written.
    """
    notebooks = output / "notebooks"
    if notebooks.is_dir() and any(notebooks.iterdir()) and not (output / EVENTS).exists():
        reason = _("is no earlier run's, and what is in it would be lost")
        raise LabError(reason, object=str(notebooks), next_step=_ANOTHER)
    try:
        shutil.rmtree(notebooks, ignore_errors=True)
        notebooks.mkdir(parents=True)
        for name in ("junit.xml", "report.html"):
            (output / name).unlink(missing_ok=True)
        (output / EVENTS).write_text("")
    except OSError as error:
        raise Unwritable(Path(error.filename), error, next_step=_ANOTHER) from error
