"""What killed labs left that nobody asked to keep, and whose keepers were killed with them."""

from __future__ import annotations

from lab_helpers.cluster import choose, record, unnamed
from lab_helpers.cluster.base import Capability, Report, State
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["sweep"]


def sweep(report: Report) -> None:
    """Delete it; what is being made or still lives stays, and what cannot be deleted now is told, for another time."""
    for name in record.names():
        try:
            found = record.load(name)
            if found is None or found.kept or record.is_held(name):
                continue
            maker = choose.provider(found.provider)
            if Capability.NAMESPACES not in maker.capabilities:
                continue  # on somebody's cluster, which is asked only when they say so: the next lab there clears up
            if maker.state(name) is State.ENDED:
                report(_("deleting what lab {name} left").format(name=name))
                maker.delete(name)
        except LabError as error:
            report(str(error))
    unnamed.remove_leftovers()
