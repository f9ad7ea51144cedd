"""A cluster that is there already, in the hands of the lab that works in a few of its namespaces."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from lab_helpers.cluster import record, territory
from lab_helpers.cluster.base import STORAGE_CLASS, Capability, Cluster, EndWatch
from lab_helpers.cluster.existing import namespaces
from lab_helpers.cluster.existing.layout import ExistingLayout
from lab_helpers.cluster.loss import ASKED, ClusterLost, End, explain
from lab_helpers.errors import LabError, Unauthorized
from lab_helpers.images.registry import Registry, load
from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _

__all__ = ["ExistingCluster"]

_EMPTY_SECONDS = 90.0
_SECONDS_BETWEEN_LOOKS = 1.0


class _RecordWatch:
    """Looks whether the lab is still connected: a cluster of somebody else's does not end with it; see ``EndWatch``."""

    def __init__(self, lab: str) -> None:
        self._lab = lab
        self._closed = threading.Event()

    def wait(self) -> ClusterLost | None:
        while not self._closed.wait(_SECONDS_BETWEEN_LOOKS):
            with suppress(record.Unreadable):  # `lab status` names it; by that nobody has let go of the cluster
                if record.load(self._lab) is None:
                    return explain(self._lab, End(ASKED), record.path(self._lab).parent, is_kept=False)
        return None

    def close(self) -> None:
        self._closed.set()


class ExistingCluster(Cluster):
    """The lab's part of a cluster: a private kubeconfig, a registry, and the namespaces labelled for it.

    Args:
        layout: What the lab owns on this machine.
        hold: What the process that connected holds; None for one found by its record.
    """

    provider = "existing"
    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, layout: ExistingLayout, hold: TextIO | None = None) -> None:
        self.name = layout.name
        self._layout = layout
        self._hold = hold
        entry = record.load(self.name)
        self.storage_class = str(entry.details["storage_class"] if entry else "") or STORAGE_CLASS

    @property
    def kubeconfig(self) -> Path:
        """The user's context and nothing else of theirs, mode 0600."""
        return self._layout.kubeconfig

    @property
    def registry(self) -> Registry:
        """The user's own registry."""
        return load(self._layout.registry)

    @property
    def is_kept(self) -> bool:
        """Whether it goes on without this process."""
        return self._hold is None

    def watch_end(self) -> EndWatch:
        """Look now and then whether somebody has let go of the cluster by `lab down`."""
        return _RecordWatch(self.name)

    def keep(self) -> None:
        """Hand it over to its record."""
        if self._hold is not None and record.change(self.name, kept=True):
            self.let_go()

    def reset_namespaces(self, namespaces_: Sequence[str], seconds: float) -> None:
        """Empty namespaces of what the lab made in them; they stay, and so does what was there before it."""
        namespaces.empty(Client(self.kubeconfig), namespaces_, seconds)

    def delete(self) -> None:
        """Empty the lab's namespaces of what it made in them, and forget the cluster, which goes on.

        Raises:
            LabError: They could not be emptied, as when the cluster cannot be reached; the record stays.
        """
        try:
            needed = territory.load(self._layout.territory).namespaces
            client = Client(self.kubeconfig)
            namespaces.empty(client, needed, _EMPTY_SECONDS)
            namespaces.release(client, needed)
        except LabError as error:
            leave = _("or, to leave all as it is: rm {path}").format(path=record.path(self.name))
            step = f"lab down --name {self.name}   # {leave}"
            if isinstance(error, Unauthorized):
                again = _("with new ones in your kubeconfig; then again: lab down")
                step = f"lab up --provider existing --name {self.name}   # {again}"
            raise LabError(
                _("its namespaces were not emptied: {reason}").format(reason=error.reason),
                object=_("lab {name}").format(name=self.name),
                last_event=": ".join(filter(None, (error.object, error.last_event))),
                next_step=step,
            ) from error
        record.remove(self.name)
        shutil.rmtree(self._layout.directory, ignore_errors=True)
        self.let_go()

    def let_go(self) -> None:
        """Hold it no longer, so that another process may connect."""
        if self._hold is not None:
            self._hold.close()
            self._hold = None
