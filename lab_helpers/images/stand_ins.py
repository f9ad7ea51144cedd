"""Images that stand in for the public base images that Dockerfiles name, where no image registry can be reached."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.images import applications, base_image
from lab_helpers.images.applications import Application
from lab_helpers.images.builders.base import Builder
from lab_helpers.language import gettext as _

__all__ = ["REGISTRY", "fetch", "make"]

REGISTRY = "lab.local"
"""What stands in the name of a stand-in instead of the public registry's."""

_BASE = re.compile(r"^ARG BASE_IMAGE=[^/\s]+/(\S+)$", re.MULTILINE)


def fetch(report: Callable[[str], None]) -> None:
    """Have in the cache what the stand-ins are made of, for learners who build theirs without a network.

    Args:
        report: Told what happens.

    Raises:
        LabError: A Dockerfile names no base image, or a package cannot be fetched.
    """
    for _name, base, requirements in _stand_ins():
        base_image.fetch(base, report, *requirements)


def make(builder: Builder, report: Callable[[str], None]) -> None:
    """Make a stand-in for each public image that an application of the template is built on.

    That for ``docker.io/library/node:24`` is called ``lab.local/library/node:24``. It serves every application that is
    built on the same image, so that it holds the wheels of all of them.

    Args:
        builder: Has them in its storage.
        report: Told when an image is made.

    Raises:
        LabError: A Dockerfile names no base image, or one cannot be made.
    """
    for name, base, requirements in _stand_ins():
        builder.tag(base_image.make(base, builder, report, *requirements), f"{REGISTRY}/{name}")


def _stand_ins() -> Iterator[tuple[str, str, list[Path]]]:
    """The path of each public image, the base that it is made as, and the requirements of those built on it."""
    built: dict[tuple[str, str], list[Path]] = {}
    for application in map(applications.load, applications.names()):
        requirements = built.setdefault((_public_base(application), application.base), [])
        requirements += [application.requirements] if application.requirements else []
    for (name, base), requirements in built.items():
        yield name, base, requirements


def _public_base(application: Application) -> str:
    dockerfile = application.directory / "Dockerfile"
    match = _BASE.search(dockerfile.read_text(encoding="utf-8"))
    if match is None:
        reason = _("has no line ARG BASE_IMAGE=REGISTRY/IMAGE:TAG, which says what it is built on by default")
        raise LabError(reason, object=str(dockerfile), next_step=f"cat {dockerfile}")
    return match[1]
