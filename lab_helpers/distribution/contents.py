"""What a lab takes from the cache: fetched or built ahead, and listed for machines that are to work offline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lab_helpers import cache, paths
from lab_helpers.language import gettext as _

__all__ = ["entries", "prepare"]

_Report = Callable[[str], None]


def prepare(report: _Report) -> None:
    """Download or build what clusters, add-ons, applications and notebooks need; quick where the cache has it.

    Args:
        report: Told what happens.

    Raises:
        LabError: Something can neither be fetched nor built.
    """
    from lab_helpers import programs
    from lab_helpers.addons.base import BASE
    from lab_helpers.cluster.embedded.artifacts import gather
    from lab_helpers.images import registry
    from lab_helpers.workbook.course import outlines
    from lab_helpers.workbook.session import ahead, requirements

    parts = gather(BASE.programs, report)
    registry.fetch(report)
    _prepare_addons(report)
    _prepare_applications(report)
    tools = programs.resolve(report, *requirements.programs_of(ahead.loadable(outlines.notebooks())))
    message = _("{programs} programs and {images} images are there")
    report(message.format(programs=len({*parts.programs, *tools}), images=len(parts.images)))


def entries(report: _Report) -> list[Path]:
    """Prepare, and list the entries of the cache that a machine needs for the same: files and directories.

    They serve in the cache of any machine of the same architecture and Debian release, with the same checkout.

    Args:
        report: Told what happens.

    Returns:
        Paths relative to the cache directory, sorted; of a directory, all that lies below it belongs to the entry.

    Raises:
        LabError: Something can neither be fetched nor built.
    """
    with cache.noting():  # as for a machine that has nothing on PATH
        prepare(report)
    # What things were made of is used only once: a second time they are there, and nothing but they is used.
    with cache.noting() as noted:
        prepare(lambda _line: None)
    return sorted(entry.relative_to(paths.cache_directory()) for entry in noted)


def _prepare_addons(report: _Report) -> None:
    from lab_helpers.addons import catalogue, installing

    for addon in catalogue.all_addons():
        if not addon.is_base:  # the programs of those are part of the cluster's
            installing.build(addon, report)


def _prepare_applications(report: _Report) -> None:
    """Make the images of applications and services, and have at hand what learners build and test theirs from."""
    from lab_helpers.images import application_images, applications, services, stand_ins
    from lab_helpers.workbook.room import node

    for source in (applications, services):
        for name in source.names():
            application_images.build(source.load(name), report)
    stand_ins.fetch(report)
    list(node.caches())
