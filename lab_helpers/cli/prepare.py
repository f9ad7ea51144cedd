"""`lab prepare`: fetch or build all a lab needs, so that what comes next is quick and needs no network."""

from __future__ import annotations

from lab_helpers.cli.options import Language, ProgressPrinter
from lab_helpers.language import gettext as _

__all__ = ["prepare"]


def prepare(language: Language = None) -> None:
    """Fetch or build everything an embedded cluster and its applications need; quick when it has been done."""
    from lab_helpers.cluster.embedded import creation
    from lab_helpers.images import applications, registry

    progress = ProgressPrinter()
    parts = creation.gather(progress)
    registry.program()
    for name in applications.names():
        applications.build(applications.load(name), progress)
    told = _("{programs} programs and {images} images are there")
    progress(told.format(programs=len(parts.programs), images=len(parts.images)))
