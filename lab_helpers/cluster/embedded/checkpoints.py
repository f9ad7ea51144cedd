"""The checkpoints of an embedded cluster: what needs root, and the nodes' processes, is asked of its keeper."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from lab_helpers import wait
from lab_helpers.cluster import control
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.checkpoints import Checkpoints
from lab_helpers.cluster.embedded import rewinding
from lab_helpers.cluster.embedded.keeper_request import asking
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.cluster.embedded.readiness import ApiServer
from lab_helpers.cluster.kept import why_ended
from lab_helpers.images import registry as registries
from lab_helpers.kube.conditions import condition
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["EmbeddedCheckpoints"]

_KEEPER_SECONDS = 120.0  # gigabytes may lie in the volumes
_READY_SECONDS = 90.0


class EmbeddedCheckpoints(Checkpoints):
    """The checkpoints of one embedded cluster.

    Args:
        layout: The cluster.
    """

    def __init__(self, layout: EmbeddedLayout) -> None:
        super().__init__(layout.name, layout.checkpoints, layout.directory / "nodes")
        self._layout = layout

    def _save(self, name: str) -> int:
        answer = self._ask(f"{rewinding.SAVE} {name}")
        return int(answer.partition(" ")[2])

    def _discard(self, name: str) -> None:
        self._ask(f"{rewinding.DISCARD} {name}")

    def _restore(self, name: str, report: Report, meanwhile: Callable[[], None]) -> None:
        report(_("going back to checkpoint {name}").format(name=name))
        begun, api = time.time(), ApiServer(self._layout)
        with self._asking(f"{rewinding.GO_BACK} {name}") as (_answer, keeper):
            meanwhile()
            report(_("waiting for the API server"))
            self._until(api.is_ready, "kube-apiserver", "become ready")
            keeper.sendall(b"ready\n")
        report(_("waiting for the node"))
        nodes = [node for node in self._layout.nodes if node.number == 1 or node.spec.exists()]
        for name in (node.name for node in nodes):
            path = f"/api/v1/nodes/{name}"
            self._until(lambda path=path: _is_ready_again(api.read(path), begun), name, "become Ready")  # type: ignore[misc]
        registry = registries.load(self._layout.registry)
        self._until(lambda: registries.is_up(registry), "registry", "answer")  # it began again, too

    def _ask(self, request: str) -> str:
        with self._asking(request) as (answer, _keeper):
            return answer

    def _asking(self, request: str) -> AbstractContextManager[tuple[str, socket.socket]]:
        older = _("knows nothing of checkpoints; an older version of the lab may have made the cluster")
        return asking(self._layout, request, older, seconds=_KEEPER_SECONDS)

    def _until(self, condition: Callable[[], bool], program: str, outcome: str) -> None:
        ended = False

        def look() -> bool:
            nonlocal ended
            ended = not control.answers(self._layout.control)
            return ended or condition()

        wait.until(look, seconds=_READY_SECONDS, outcome=outcome, object=program, next_step="lab status", every=0.05)
        loss = why_ended(self._layout) if ended else None
        if loss is not None:
            raise loss


def _is_ready_again(node: Object | None, since: float) -> bool:
    """Whether a node's kubelet says Ready, and has said so since a moment: what is restored says so, too."""
    ready = condition(node or {}, "Ready")
    heard = ready.get("lastHeartbeatTime")
    # Whole seconds are written down; that of the copy was before the request, which took longer than the copy.
    is_later = heard is not None and datetime.fromisoformat(heard).timestamp() >= int(since)
    return is_later and ready.get("status") == "True"
