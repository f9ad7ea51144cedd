"""What killed labs left that nobody asked to keep, and whose keepers were killed with them."""

from __future__ import annotations

from contextlib import suppress

from lab_helpers import paths
from lab_helpers.cluster import choose, lab_lock, record, unnamed
from lab_helpers.cluster.base import Capability, Report, State
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["sweep"]


def sweep(report: Report) -> None:
    """Delete it; what is being made or still lives stays, and what cannot be deleted now is told, for another time."""
    for name in record.names():
        try:
            entry = record.load(name)
            if entry is None or entry.kept or lab_lock.is_held(name):
                continue
            maker = choose.provider(entry.provider)
            if Capability.NAMESPACES not in maker.capabilities:
                continue  # on somebody's cluster, which is asked only when they say so: the next lab there clears up
            if maker.state(name) is State.ENDED:
                report(_("deleting what lab {name} left").format(name=name))
                maker.delete(name)
        except LabError as error:
            report(str(error))
    unnamed.remove_leftovers()
    _remove_empty()


def _remove_empty() -> None:
    """Remove the directories of labs that hold nothing and that nobody holds, whatever they are called."""
    for directory in paths.state_directory().glob("labs/*/"):
        with suppress(FileNotFoundError):  # somebody else removes it
            if {entry.name for entry in directory.iterdir()} <= {"lock"}:
                lab_lock.tidy(directory.name)
