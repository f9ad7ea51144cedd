"""The metadata of a run in the executed notebook: the state of every cell, never ahead of what happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from lab_helpers.language import gettext as _

__all__ = ["NotebookRecord"]

_SECONDS_BETWEEN_SAVES = 1.0
_SHARE_OF_SAVING = 0.1  # of the run time: saving a large notebook takes long, and blocks everything else


class NotebookRecord:
    """The executed notebook of a run in progress.

    The metadata uses papermill's names (``status``, ``start_time``, ``duration``, ``exception``). One thing differs:
    papermill marks every cell completed at the end of a run, whatever ended it (unless it was an error of a cell);
    here a cell is ``completed`` only if it ran to its end.

    Args:
        nb: The notebook; changed in place.
        save: Saves the notebook.
    """

    def __init__(self, nb: NotebookNode, save: Callable[[NotebookNode], None]) -> None:
        self.nb = nb
        self._save = save
        self._started = self._cell_started = self._saved = time.monotonic()
        self._saving_seconds = 0.0
        self._changed = False

    @property
    def seconds(self) -> float:
        """Time since the run began."""
        return time.monotonic() - self._started

    def begin(self) -> None:
        """Clear outputs and metadata of earlier runs, start the clock, and save."""
        self._started = time.monotonic()
        for cell in self.nb.cells:
            cell.metadata["papermill"] = _empty_times() | {"status": "pending"}
            if cell.cell_type == "code":
                cell.execution_count, cell.outputs = None, []
        self.nb.metadata.pop("widgets", None)
        self.nb.metadata["papermill"].update(_empty_times() | {"start_time": _timestamp()})
        self.nb.metadata["lab"] = {"state": "running", "reason": ""}
        self.save()

    def cell_begins(self, index: int) -> None:
        """Mark a cell as running."""
        self._cell_started = time.monotonic()
        self._update(index, status="running", start_time=_timestamp())

    def cell_completed(self, index: int) -> None:
        """Mark a cell as completed: it ran to its end without an error."""
        self._update(index, status="completed", exception=False, **self._cell_times())

    def cell_skipped(self, index: int) -> None:
        """Mark a cell as skipped."""
        self._update(index, status="skipped")

    def cell_failed(self, index: int, name: str, reason: str) -> None:
        """Mark a cell as failed; the reason is shown under it unless the kernel reported an error itself."""
        self._update(index, status="failed", exception=True, **self._cell_times())
        outputs = self.nb.cells[index].setdefault("outputs", [])
        errors = [output for output in outputs if output.output_type == "error"]
        for output in errors:
            if output.ename == "SystemExit":  # papermill takes an exit with 0 for success, with cells left to run
                message = _("{status} (a cell ended the notebook before its end)")
                output.evalue = message.format(status=output.evalue or 0)
        if not errors:
            outputs.append(new_output("error", ename=name, evalue=reason, traceback=[f"{name}: {reason}"]))

    def end(self, state: str, reason: str = "") -> None:
        """Record the end of the run: ``passed``, ``failed`` or ``interrupted``; cells not reached stay pending."""
        fields = {
            "end_time": _timestamp(),
            "duration": self.seconds,
            "exception": None if state == "passed" else True,
        }
        self.nb.metadata["papermill"].update(fields)
        self.nb.metadata["lab"] = {"state": state, "reason": reason}
        self.save()

    def autosave_cell(self) -> None:
        """Note a change to save; papermill's client calls this for every message of the kernel."""
        self._changed = True

    def save_if_due(self) -> None:
        """Save changes, at most once a second: saving after every cell costs more than most cells."""
        pause = max(_SECONDS_BETWEEN_SAVES, self._saving_seconds / _SHARE_OF_SAVING)
        if self._changed and time.monotonic() - self._saved >= pause:
            self.save()

    def save(self) -> None:
        """Save now."""
        began = time.monotonic()
        self._save(self.nb)
        self._saved, self._changed = time.monotonic(), False
        self._saving_seconds = self._saved - began

    def _update(self, index: int, **fields: object) -> None:
        self.nb.cells[index].metadata["papermill"].update(fields)
        self._changed = True

    def _cell_times(self) -> dict[str, Any]:
        return {"end_time": _timestamp(), "duration": time.monotonic() - self._cell_started}


def _empty_times() -> dict[str, Any]:
    return {"start_time": None, "end_time": None, "duration": None, "exception": None}


def _timestamp() -> str:
    return datetime.now(UTC).isoformat()
