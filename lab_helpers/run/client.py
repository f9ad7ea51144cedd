"""Talks to the kernel for a run, and cleans what a cell shows before anything of it is saved."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.log import logger

from lab_helpers.redact import Redactor
from lab_helpers.run.outputs import clean, join_streams
from lab_helpers.run.record import Record

__all__ = ["CellClient"]

_SHOWING = frozenset({"stream", "display_data", "execute_result", "update_display_data", "error"})


class CellClient(PapermillNotebookClient):
    """A client whose cells leave clean outputs.

    Attributes:
        redactor: Hides the run's secrets; replaced when there are new ones.

    Args:
        record: The run's record; its notebook is the one being run.
        seconds: The longest a cell may take; None is for ever.
        **options: As papermill's client takes them.
    """

    def __init__(self, record: Record, seconds: float | None, **options: object) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            record,
            log=logger,
            # The trait `timeout` holds whole seconds only.
            timeout_func=lambda _cell: seconds,
            # Seconds from the end of a cell to its last output; the default, 4, fails on a loaded machine.
            iopub_timeout=30,
            # Papermill fails the run on any error output, whether its cell is tagged raises-exception or not.
            force_raise_errors=True,
            record_timing=False,
            store_widget_state=False,
            **options,
        )
        self.redactor = Redactor()

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Take one message of the kernel, cleaned; pieces of one stream become one output."""
        if msg["msg_type"] in _SHOWING:
            clean(msg["content"], self.redactor)
        output: NotebookNode | None = super().process_message(msg, cell, cell_index)  # type: ignore[no-untyped-call]
        join_streams(cell.outputs)
        return output

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Leave widgets alone: without a browser they show nothing, and their state is not kept."""

    def clean_cell(self, cell: NotebookNode) -> None:
        """Clean a finished cell again: a secret may have come in two pieces, or been learnt of since."""
        cell.source = self.redactor.text(cell.source)
        for output in cell.get("outputs", []):
            clean(output, self.redactor)
