"""What a verb says that is stopped halfway: that it was, and the command that goes on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from lab_helpers.errors import LabError

__all__ = ["resumable"]


class _Interrupted(LabError):
    """Ctrl-C, SIGTERM or SIGHUP ended the command halfway."""

    exit_code = 128 + signal.SIGINT


@contextmanager
def resumable(object_name: str, reason: str, command: str, lab: str) -> Iterator[None]:
    """Have the end of the cluster, and Ctrl-C, end in an error that says so, with the command that goes on.

    Args:
        object_name: What is worked on.
        reason: What may be half done of it.
        command: What goes on.
        lab: The lab's name.

    Raises:
        LabError: What was raised inside; or that the cluster has ended meanwhile, which explains it.
    """
    from lab_helpers.cluster.at_hand import running

    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise _Interrupted(reason, object=object_name, next_step=command) from interrupt
    except LabError:
        running(lab)
        raise
