"""Talks to the kernel for a run, and cleans what a cell shows before anything of it is saved."""

from __future__ import annotations

import asyncio
from typing import Any

from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.log import logger

from lab_helpers.redact import Redactor
from lab_helpers.run.engine.outputs import Printing, clean
from lab_helpers.run.engine.record import NotebookRecord

__all__ = ["SECONDS_TO_SHOW", "CellClient"]

SECONDS_TO_SHOW = 30
"""From the end of a cell to its last output; the default, 4, fails on a loaded machine."""

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

    def __init__(self, record: NotebookRecord, seconds: float | None, **options: object) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            record,
            log=logger,
            # The trait `timeout` holds whole seconds only.
            timeout_func=lambda _cell: seconds,
            iopub_timeout=SECONDS_TO_SHOW,
            # Papermill fails the run on any error output, whether its cell is tagged raises-exception or not.
            force_raise_errors=True,
            record_timing=False,
            store_widget_state=False,
            **options,
        )
        self.redactor = Redactor()
        self._printing = Printing()
        self._listening: asyncio.Task[Any] | None = None

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Take one message of the kernel, cleaned; pieces of one stream become one output."""
        piece = msg["content"].get("text", "")
        if msg["msg_type"] in _SHOWING:
            clean(msg["content"], self.redactor)
        output: NotebookNode | None = super().process_message(msg, cell, cell_index)  # type: ignore[no-untyped-call]
        if msg["msg_type"] == "stream":
            self._printing.take(cell.outputs, piece, self.redactor)
        return output

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        """Take what the kernel says of a cell, until it says that this is all.

        As the base class does it, but for one thing: where messages pour in, receiving one does not wait, and without
        waiting nothing else runs: no time limit, no signal, no look at the kernel.
        """
        assert self.kc is not None, "inside private_kernel"
        self._listening = asyncio.current_task()
        while True:
            msg = await self.kc.iopub_channel.get_msg(timeout=None)
            if msg["parent_header"].get("msg_id") == parent_msg_id:
                try:
                    self.process_message(msg, cell, cell_index)
                except CellExecutionComplete:
                    return
            await asyncio.sleep(0)

    def stop_listening(self) -> None:
        """Take nothing more of what the kernel says of the cell: after a time limit the base class goes on."""
        if self._listening is not None:
            self._listening.cancel()

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Leave widgets alone: without a browser they show nothing, and their state is not kept."""

    def settle(self) -> None:
        """Bring the cell that runs up to what it has printed."""
        self._printing.settle(self.redactor)

    def clean_cell(self, cell: NotebookNode) -> None:
        """Clean a finished cell again: a secret may have been learnt of since."""
        self.settle()
        cell.source = self.redactor.text(cell.source)
        for output in cell.get("outputs", []):
            clean(output, self.redactor)
