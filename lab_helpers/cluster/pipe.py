"""The pipe by which a process holds its keeper: lines it is told, and whose end is the cluster's."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from lab_helpers import locks, shell, wait
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["let_go", "start", "tell", "wait_ended"]


def start(argv: Sequence[str], log: Path) -> subprocess.Popen[str]:
    """Start a keeper, whose pipe this process then holds.

    From its first moment the keeper holds a lock on its log, by the very descriptors it prints to. A keeper takes a
    while to begin; if whoever started it is killed meanwhile, the next command can tell that one is still to come.
    """
    with log.open("a") as output:
        locks.lock(output)
        # Its life is bound to the pipe, not to the thread that starts it; Ctrl-C in a terminal is not for it.
        return shell.start(argv, stdin=subprocess.PIPE, stdout=output, stderr=output, outlives=True, new_session=True)


def tell(keeper: subprocess.Popen[str], line: str, lab: str) -> None:
    """Tell a keeper a line.

    Raises:
        LabError: It has ended.
    """
    assert keeper.stdin is not None
    try:
        keeper.stdin.write(f"{line}\n")
        keeper.stdin.flush()
    except BrokenPipeError as error:
        reason = _("its keeper has ended: something killed it")
        raise LabError(reason, object=_("lab {name}").format(name=lab), next_step=f"lab up --name {lab}") from error


def wait_ended(keeper: subprocess.Popen[str], seconds: float, lab: str) -> None:
    """Wait until a keeper that was let go of has deleted its cluster.

    Raises:
        WaitTimeout: It has not, and still tries.
    """
    wait.until(
        lambda: keeper.poll() is not None,
        seconds=seconds,
        outcome="end",
        object=_("the keeper of lab {name}").format(name=lab),
        next_step=f"lab down --name {lab}",
        every=0.02,
    )


def let_go(keeper: subprocess.Popen[str]) -> None:
    """Close the pipe: the end of a cluster that nobody asked to keep."""
    assert keeper.stdin is not None
    with suppress(BrokenPipeError):  # of a line it did not live to read
        keeper.stdin.close()
