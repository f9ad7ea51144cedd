"""`lab prepare`: download or build everything a lab needs, so that later commands are quick and work offline."""

from __future__ import annotations

from lab_helpers.cli.options import Language, ProgressPrinter
from lab_helpers.language import gettext as _

__all__ = ["prepare"]


def prepare(language: Language = None) -> None:
    """Download or build what an embedded cluster, add-ons, applications and notebooks need; quick if already cached."""
    from lab_helpers import programs
    from lab_helpers.addons import catalogue, installing
    from lab_helpers.addons.base import BASE
    from lab_helpers.cluster.embedded.artifacts import gather
    from lab_helpers.images import application_images, applications, registry, services
    from lab_helpers.workbook.course import outlines
    from lab_helpers.workbook.room import node
    from lab_helpers.workbook.session import ahead, requirements

    progress = ProgressPrinter()
    parts = gather(BASE.programs, progress)
    registry.fetch(progress)
    for addon in catalogue.all_addons():
        if not addon.is_base:  # the programs of those are part of the cluster's
            installing.build(addon, progress)
    for name in applications.names():
        application_images.build(applications.load(name), progress)
    for name in services.names():
        application_images.build(services.load(name), progress)
    list(node.caches())
    tools = programs.resolve(progress, *requirements.programs_of(ahead.loadable(outlines.notebooks())))
    message = _("{programs} programs and {images} images are there")
    progress(message.format(programs=len({*parts.programs, *tools}), images=len(parts.images)))
