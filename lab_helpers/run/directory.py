"""The output directory of a run: locked for the run's duration, and free of secrets."""

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

__all__ = ["EVENTS", "exclusive_output", "executed_notebook"]

EVENTS = "events.jsonl"
"""The file of the run's events; it marks a directory as one that a run wrote."""

_ANOTHER = "lab run --output ANOTHER"


def executed_notebook(output: Path, notebook: Path) -> Path:
    """Where the executed copy of a notebook is written."""
    return output / "notebooks" / notebook.name


@contextmanager
def exclusive_output(output: Path) -> Iterator[None]:
    """Lock a directory for one run, clear an earlier run's results, and export the paths of events and secrets.

    Raises:
        LabError: Another run writes there, it holds notebooks that no run wrote, or it cannot be written.
    """
    with locks.hold(output / ".run", "lab run", object=str(output), next_step=_ANOTHER), private_directory() as private:
        _clear(output)
        # Secrets reach this process and the kernels through a private file. It must not lie beside the report, which
        # is passed on. A file that the caller named holds further secrets.
        secrets = os.environ.get(SECRETS_FILE) or str(private / "secrets")
        with _environment({SECRETS_FILE: secrets, EVENTS_FILE: str((output / EVENTS).absolute())}):
            yield


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    previous = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in previous.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _clear(output: Path) -> None:
    """Delete an earlier run's results.

    Raises:
        LabError: There are notebooks that no run wrote, or they cannot be deleted.
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
