"""The kernel client of a run, which cleans a cell's output before it is saved."""

from __future__ import annotations

import asyncio
from typing import Any

from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.log import logger

from lab_helpers.redact import Redactor
from lab_helpers.run.engine.outputs import StreamOutput, clean
from lab_helpers.run.engine.record import NotebookRecord

__all__ = ["SECONDS_TO_SHOW", "CellClient"]

SECONDS_TO_SHOW = 30
"""The timeout for a cell's remaining output after its end; the default, 4, is too short on a loaded machine."""

_SHOWING = frozenset({"stream", "display_data", "execute_result", "update_display_data", "error"})


class CellClient(PapermillNotebookClient):
    """A kernel client that cleans outputs.

    Attributes:
        redactor: Masks the run's secrets; replaced when there are new ones.

    Args:
        record: The run's record, with the notebook being run.
        seconds: The timeout of a cell; None for none.
        **options: Options of papermill's client.
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
        self._stream_output = StreamOutput()
        self._listening: asyncio.Task[Any] | None = None

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Process one message of the kernel, cleaned; consecutive chunks of a stream become one output."""
        piece = msg["content"].get("text", "")
        if msg["msg_type"] in _SHOWING:
            clean(msg["content"], self.redactor)
        output: NotebookNode | None = super().process_message(msg, cell, cell_index)  # type: ignore[no-untyped-call]
        if msg["msg_type"] == "stream":
            self._stream_output.take(cell.outputs, piece, self.redactor)
        return output

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: NotebookNode, cell_index: int) -> None:
        """Process the kernel's messages about a cell until the cell is complete.

        As in the base class, with one difference: while messages keep arriving, receiving one does not yield to the
        event loop, and then no timeout, signal or check of the kernel runs.
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
        """Stop processing messages about the cell; after a timeout the base class would continue."""
        if self._listening is not None:
            self._listening.cancel()

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Ignore widgets: without a browser they show nothing, and their state is not saved."""

    def settle(self) -> None:
        """Write the printed text into the running cell's output."""
        self._stream_output.settle(self.redactor)

    def clean_cell(self, cell: NotebookNode) -> None:
        """Clean a finished cell again: there may be new secrets since."""
        self.settle()
        cell.source = self.redactor.text(cell.source)
        for output in cell.get("outputs", []):
            clean(output, self.redactor)
