"""Give a notebook what it declares that it needs of its cluster, or say why it cannot have it there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.errors import NotSupported
from lab_helpers.workbook.course import needs
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.room import building, shell_programs

__all__ = ["addons_of", "applications_of", "programs_of", "provide", "services_of"]


def provide(outline: Outline, cluster: Cluster, report: Report) -> str:
    """Give what a notebook declares: images, programs on PATH, add-ons; quick where that was done before.

    Args:
        outline: The notebook's lab.
        cluster: Where it is to be done.
        report: Told what happens.

    Returns:
        Why it cannot be done on this cluster, one sentence; empty where it can.

    Raises:
        LabError: Something could not be fetched, built, pushed or installed.
    """
    from lab_helpers.addons import catalogue, installing
    from lab_helpers.images import application_images, applications, services
    from lab_helpers.images.builders.base import NoBuilder

    lacking = outline.needs - cluster.capabilities
    if lacking:
        return needs.reason(lacking, cluster.provider)
    for name in outline.apps:
        application_images.push(applications.load(name), cluster.registry, report)
    for name in outline.services:
        application_images.push(services.load(name), cluster.registry, report)
    shell_programs.link(cluster, report, *outline.programs)
    if outline.has_builds:
        with suppress(NoBuilder):  # the steps that build say so, and are skipped
            building.prepare(cluster, report)
    try:
        for name in outline.addons:
            installing.install(catalogue.addon(name), cluster, report)
    except NotSupported as error:
        return f"{error.object}: {error.reason}"
    return ""


def applications_of(outlines: Iterable[Outline]) -> list[str]:
    """The names of the applications that any of these notebooks needs."""
    return sorted({name for outline in outlines for name in outline.apps})


def services_of(outlines: Iterable[Outline]) -> list[str]:
    """The names of the backing services that any of these notebooks needs."""
    return sorted({name for outline in outlines for name in outline.services})


def addons_of(outlines: Iterable[Outline]) -> list[str]:
    """The names of the add-ons that any of these notebooks needs, in the order in which they are installed."""
    return list(dict.fromkeys(name for outline in outlines for name in outline.all_addons))


def programs_of(outlines: Iterable[Outline]) -> list[str]:
    """The names of the programs that any of these notebooks needs in a learner's shell."""
    return sorted({name for outline in outlines for name in outline.programs})
