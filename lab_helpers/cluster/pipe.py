"""The pipe by which a process holds its keeper: lines it is told, and whose end is the cluster's."""

from __future__ import annotations

import subprocess
from contextlib import suppress

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["let_go", "tell"]


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


def let_go(keeper: subprocess.Popen[str]) -> None:
    """Close the pipe: the end of a cluster that nobody asked to keep."""
    assert keeper.stdin is not None
    with suppress(BrokenPipeError):  # of a line it did not live to read
        keeper.stdin.close()
