"""A running embedded cluster in the hands of the process that made it, or found by its record."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from lab_helpers.cluster.base import Capability, Entry
from lab_helpers.cluster.embedded import creation
from lab_helpers.cluster.embedded.checkpoints import EmbeddedCheckpoints
from lab_helpers.cluster.embedded.layout import END_SECONDS, EmbeddedLayout
from lab_helpers.cluster.embedded.nodes import EmbeddedNodes
from lab_helpers.cluster.embedded.readiness import ApiServer
from lab_helpers.cluster.kept import KeptCluster
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.kube.transport import Object

__all__ = ["EmbeddedCluster"]


class EmbeddedCluster(KeptCluster):
    """One embedded cluster.

    Args:
        layout: What it owns.
        keeper: The keeper this process started and whose pipe it holds; None for a cluster found by its record.
    """

    capabilities = KeptCluster.capabilities | {Capability.NODES, Capability.CHECKPOINTS, Capability.SERVER}
    _layout: EmbeddedLayout

    def __init__(self, layout: EmbeddedLayout, keeper: subprocess.Popen[str] | None = None) -> None:
        super().__init__(
            "embedded", layout, keeper, end_seconds=END_SECONDS, remove_remains=lambda: creation.remove_remains(layout)
        )
        if layout.has_several_servers:
            self.capabilities -= {Capability.CHECKPOINTS, Capability.SERVER}

    @property
    def node_images(self) -> Mapping[str, str]:
        """What its nodes hold from the start: each image without its tag, and with it.

        Raises:
            LabError: The file that tells it cannot be read, or an older version of the lab wrote none.
        """
        try:
            return dict(json.loads(self._layout.images.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise LabError(
                _("does not tell which images its nodes hold; an older version of the lab may have made it"),
                object=_("lab {name}").format(name=self.name),
                last_event=str(error),
                next_step=f"lab down --name {self.name} && lab up --name {self.name}",
            ) from error

    @property
    def entry(self) -> Entry:
        """Two ports of the lab's own loopback address, which lead to those of its node."""
        ports = {port: f"{address}:{local}" for port, (address, local) in self._layout.local_entries.items()}
        return Entry(http=ports[80], https=ports[443])

    @cached_property
    def nodes(self) -> EmbeddedNodes:
        """What adds nodes to it and removes them."""
        return EmbeddedNodes(self._layout)

    @cached_property
    def checkpoints(self) -> EmbeddedCheckpoints | None:
        """What keeps its whole state and goes back to it; None with several servers, whose etcd has several states."""
        return None if self._layout.has_several_servers else EmbeddedCheckpoints(self._layout)

    def read(self, path: str) -> Object | None:
        """What an address of the API holds, asked for without the client library, which takes seconds to load."""
        return self._api.read(path)

    @cached_property
    def _api(self) -> ApiServer:
        return ApiServer(self._layout)
