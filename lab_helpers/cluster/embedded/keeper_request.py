"""What is asked of the keeper of an embedded cluster, and its answer; what it refuses is raised."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from lab_helpers.cluster import control
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.language import gettext as _

__all__ = ["asking"]


@contextmanager
def asking(layout: EmbeddedLayout, request: str, older: str, *, seconds: float) -> Iterator[tuple[str, socket.socket]]:
    """Ask the keeper; its answer, a line, and the connection, by whose end it learns of ours.

    Args:
        layout: The cluster.
        request: What is asked.
        older: The reason where a keeper of an older version of the lab does not know of that.
        seconds: How long each answer may take.

    Raises:
        Refused: It does not do it.
        LabError: It does not answer.
    """
    with control.asking(layout.control, layout.name, request, seconds=seconds) as (answer, client):
        if not answer or answer.startswith("failed"):
            raise control.Refused(
                answer.removeprefix("failed").strip() or older,
                object=_("the keeper of lab {name}").format(name=layout.name),
                next_step=f"tail {control.keeper_log(layout.control)}",
            )
        yield answer, client
