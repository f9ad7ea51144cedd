"""What goes on when kind is killed: its own commands, and Docker's daemon, which finishes what it has begun."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from lab_helpers import shell, wait
from lab_helpers.cluster.kind import nodes

__all__ = ["MARK", "end_commands", "remove_network", "wait_none_being_made"]

MARK = "KUBERNETES_LAB_KEPT"
"""In the environment of all that a keeper starts, and of what that starts in turn: the cluster's directory."""

_PATIENCE_SECONDS = 30.0


def end_commands(directory: str) -> None:
    """Kill what a keeper started for a cluster and what that started: `docker run` would go on without its parent."""
    words = f"{MARK}={directory}".encode()
    wait.until(lambda: not _kill_marked(words), seconds=_PATIENCE_SECONDS, what="end", object="kind's commands")


def wait_none_being_made(cluster: str, image: str) -> None:
    """Wait until Docker makes no container of a cluster any more, so that those it lists are all there will be.

    A container that is being made is listed by nothing, but has its name already. So its name is asked for: whoever
    can have it knows that nobody else is about to.

    Raises:
        WaitTimeout: The name stayed taken.
    """
    if not nodes.has_image(image):
        return  # nothing is made of an image that is not there
    wait.until(
        lambda: nodes.can_be_named(nodes.first(cluster), cluster, image),
        seconds=_PATIENCE_SECONDS,
        what="be made or given up",
        object=f"container {nodes.first(cluster)}",
        next_step=f"docker rm --force --volumes {nodes.first(cluster)}",
        every=0.2,
    )


def remove_network(cluster: str) -> None:
    """Remove the cluster's own network; there may be none."""
    for network in nodes.networks(cluster):
        shell.run(["docker", "network", "rm", network])


def _kill_marked(words: bytes) -> bool:
    found = False
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and words in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)
                found = True
    return found
