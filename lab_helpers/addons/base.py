"""The add-ons that every cluster comes with, as they are handed to whoever makes one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property

from lab_helpers import programs, proxies, shell
from lab_helpers.addons import rendering
from lab_helpers.addons.catalogue import base_addons
from lab_helpers.addons.conditions import wait_for
from lab_helpers.addons.contract import Addon
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["BASE", "FIELD_MANAGER", "Base"]

FIELD_MANAGER = "kubernetes-lab"
"""By this name the API server knows who applied what an add-on is made of."""

_READY_SECONDS = 120.0


class Base:
    """Cluster DNS and storage; see ``lab_helpers.cluster.base.BaseAddons``."""

    @cached_property
    def programs(self) -> tuple[str, ...]:
        """The programs whose images nodes hold from the start."""
        images = [image for addon in self._addons for image in addon.images.values()]
        return tuple(sorted({program for image in images for program in image.programs}))

    def apply(self, cluster: Cluster, *, again: bool = False) -> None:
        """Apply what does not come with the cluster anyway.

        Args:
            cluster: One whose API server takes objects; its node need not be Ready.
            again: Whether some of it may be there already, from an earlier attempt or from whoever made the cluster.

        Raises:
            LabError: It was refused, or the API server does not answer.
        """
        objects = list(self._objects(cluster))
        if not again:
            self._create(cluster, objects)
            return
        # Not by kubectl: its server-side apply takes over what a client-side apply owned, and then removes all that
        # the manifest does not have, such as the scripts in kind's own ConfigMap.
        from lab_helpers.kube.client import Client

        client = Client(cluster.kubeconfig)
        for content in objects:
            client.apply(content, field_manager=FIELD_MANAGER)

    def _create(self, cluster: Cluster, objects: list[Object]) -> None:
        """Create objects by kubectl, for the client library takes as long to load as a node to become Ready."""
        if not objects:
            return
        kubectl = programs.resolve(lambda _line: None, "kubectl")["kubectl"]  # found when the cluster's programs were
        options = [f"--kubeconfig={cluster.kubeconfig}", f"--field-manager={FIELD_MANAGER}", "--validate=false"]
        shell.run(
            [kubectl, "create", *options, "-f", "-"],
            input="\n".join(map(json.dumps, objects)),
            env={"KUBERC": "off", **proxies.bypass()},  # the user's preferences are for the user's commands
        )

    def wait_ready(self, cluster: Cluster, report: Report) -> None:
        """Wait until cluster DNS answers and a claim could be bound.

        Raises:
            WaitTimeout: It did not become so in time.
        """
        report(_("waiting for DNS and storage"))
        conditions = [condition for addon in self._addons for condition in addon.conditions(cluster.provider)]
        wait_for(conditions, cluster, _READY_SECONDS)

    @cached_property
    def _addons(self) -> list[Addon]:
        return base_addons()

    def _objects(self, cluster: Cluster) -> Iterator[Object]:
        for addon in self._addons:
            if cluster.provider not in addon.provided:
                yield from rendering.render(addon, cluster.provider, cluster.node_images)


BASE = Base()
"""For every cluster the same."""
