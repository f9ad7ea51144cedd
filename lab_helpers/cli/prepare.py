"""`lab prepare`: fetch or build all a lab needs, so that what comes next is quick and needs no network."""

from __future__ import annotations

from lab_helpers.cli.options import Progress

__all__ = ["prepare"]


def prepare() -> None:
    """Fetch or build everything an embedded cluster and its application need; quick when it has been done."""
    from lab_helpers.cluster.embedded import creation
    from lab_helpers.images import registry, releases

    progress = Progress()
    parts = creation.gather(progress)
    registry.program()
    releases.build_releases(progress)
    progress(f"{len(parts.programs)} programs and {len(parts.images)} images are there")
