"""What goes on when a keeper is killed: the commands it started, and Docker's daemon, which finishes what it began."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lab_helpers import wait
from lab_helpers.cluster import control, record
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.containers.layout import END_SECONDS, DockerLayout
from lab_helpers.language import gettext as _

__all__ = ["MARK", "end_commands", "remove_remains", "wait_none_being_made"]

MARK = "KUBERNETES_LAB_KEPT"
"""In the environment of all that a keeper starts, and of what that starts in turn: the cluster's directory."""

_PATIENCE_SECONDS = 30.0


def end_commands(directory: str) -> None:
    """Kill what a keeper started for a cluster and what that started: `docker run` would go on without its parent."""
    words = f"{MARK}={directory}".encode()
    object_name = _("what makes {directory}").format(directory=directory)
    wait.until(lambda: not _kill_marked(words), seconds=_PATIENCE_SECONDS, outcome="end", object=object_name)


def wait_none_being_made(docker: Docker, name: str, label: str, image: str) -> None:
    """Wait until Docker makes no container of that name any more, so that those it lists are all there will be.

    A container that is being made is listed by nothing, but has its name already. So its name is asked for: whoever
    can have it knows that nobody else is about to.

    Args:
        docker: The daemon that makes it.
        name: The container's.
        label: The cluster's.
        image: What the container is made of.

    Raises:
        WaitTimeout: The name stayed taken.
    """
    if not docker.has_image(image):
        return  # nothing is made of an image that is not there
    wait.until(
        lambda: docker.can_be_named(name, label, image),
        seconds=_PATIENCE_SECONDS,
        outcome="be made or given up",
        object=_("container {name}").format(name=name),
        next_step=f"docker rm --force --volumes {name}",
        every=0.2,
    )


def remove_remains(layout: DockerLayout, clean: Callable[[], None]) -> None:
    """Remove what a cluster left whose keeper was killed; one that is at it already is waited for.

    Args:
        layout: What the cluster owned.
        clean: Deletes the cluster with all that is its.

    Raises:
        LabError: It could not be done; the record stays, so that the next command tries again.
    """
    control.wait_ended(layout.control, layout.name, seconds=END_SECONDS)
    if layout.spec.exists():
        clean()
    control.forget(layout.directory, record.path(layout.name))


def _kill_marked(words: bytes) -> bool:
    has_killed = False
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and words in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)
                has_killed = True
    return has_killed
