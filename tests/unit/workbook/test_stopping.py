"""A learner who stops a cell has stopped it: a card, no way through the lab's code, and nothing left running."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from lab_helpers import wait

_SET_UP = """
from pathlib import Path
from lab_helpers.workbook.session import failures, shell_cells
failures.show_as_cards()
say = lambda line: print(line, flush=True)
shell_cells.register(get_ipython(), lambda script: shell_cells.run(script, Path(), say))
"""
_SECONDS = 120.0


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    monkeypatch.setenv("LAB_ROOM", str(tmp_path / "room"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=_SECONDS)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def _message(client: BlockingKernelClient, kind: str) -> dict[str, Any]:
    while True:
        try:
            message = client.get_iopub_msg(timeout=_SECONDS)
        except queue.Empty:
            pytest.fail(f"the kernel sent no {kind}")
        if message["msg_type"] == kind:
            return dict(message["content"])


@pytest.mark.parametrize("cell", ["%%bash\necho $$\nsleep 600", "import os, time\nprint(os.getpid())\ntime.sleep(600)"])
def test_stopped_means_stopped(kernel: tuple[KernelManager, BlockingKernelClient], cell: str) -> None:
    manager, client = kernel
    client.execute(_SET_UP)
    client.execute(cell, stop_on_error=False)
    started = int(_message(client, "stream")["text"].split()[0])
    manager.interrupt_kernel()
    assert "stopped, and with it all" in _message(client, "display_data")["data"]["text/plain"]
    assert _message(client, "error")["traceback"] == ["The card above says what to do next."]
    if cell.startswith("%%bash"):
        wait.until(lambda: not Path(f"/proc/{started}").exists(), seconds=120, outcome="end")
    client.execute("print('goes on')")
    assert _message(client, "stream")["text"] == "goes on\n"
