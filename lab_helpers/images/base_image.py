"""Base images made of Debian packages and registry wheels, for where no image registry can be reached."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from lab_helpers import programs
from lab_helpers.errors import LabError
from lab_helpers.files import content_key, workplace
from lab_helpers.images import debian, node_packages, rootfs, wheels
from lab_helpers.images.bases import BASES, BaseImage
from lab_helpers.images.builders.base import Builder
from lab_helpers.images.rootfs import RootFilesystem
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory

__all__ = ["fetch", "make", "public_registry_reachable", "recipe_key"]

# The directories and licences that every system has, a shell with the usual small programs, and the locale C.UTF-8.
_PACKAGES = ("base-files", "busybox-static", "libc-bin")
_PUBLIC_REGISTRY = "https://registry-1.docker.io/v2/"
_CONNECT_SECONDS = 2.0

_USERS = """\
root:x:0:0:root:/root:/bin/sh
postgres:x:999:999:postgres:/var/lib/postgresql:/bin/sh
app:x:10001:10001:app:/app:/bin/false
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
"""
_GROUPS = """\
root:x:0:
postgres:x:999:
app:x:10001:
nogroup:x:65534:
"""

_DOCKERFILE = """\
FROM scratch
ADD rootfs.tar /
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
CMD ["{command}"]
"""
# Whoever builds upon it installs from them with the Dockerfile that installs from the package registry elsewhere.
_WITH_PACKAGES = """\
FROM {base}
COPY packages /usr/share/packages
ENV {variables}
"""
_VARIABLES = {
    "node": "NPM_CONFIG_CACHE=/usr/share/packages NPM_CONFIG_OFFLINE=true",
    "python": "PIP_NO_INDEX=1 PIP_FIND_LINKS=/usr/share/packages",
}


@functools.cache
def public_registry_reachable() -> bool:
    """Whether the registry of public base images answers; looked at once a process, with a short time-out."""
    try:
        urllib.request.urlopen(_PUBLIC_REGISTRY, timeout=_CONNECT_SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()
        # It asks strangers to authenticate; a proxy that forbids the way answers otherwise.
        return error.code == 401
    except OSError:
        return False
    return True


def recipe_key(name: str) -> str:
    """A short name for how a base image is made, known without making it or fetching anything.

    Args:
        name: The base, one of ``BASES``.
    """
    base = BASES[name]
    try:
        version = importlib.metadata.version(base.distribution) if base.distribution else ""
    except importlib.metadata.PackageNotFoundError:
        version = ""
    makers = (Path(__file__), Path(rootfs.__file__), Path(debian.__file__))
    return content_key(*makers, repr(base), version, *programs.pinned(*base.tools))


def fetch(name: str, report: Callable[[str], None], *requirements: Path) -> None:
    """Have what ``make`` takes from elsewhere in the cache, so that it works without a network.

    Args:
        name: The base, one of ``BASES``.
        report: Told what happens.
        requirements: As of ``make``.

    Raises:
        LabError: A package cannot be fetched, or a program cannot be built.
    """
    root = _unpack(BASES[name]).root
    programs.resolve(report, *BASES[name].tools)
    for locked in requirements:
        _fetch_locked(name, locked, root)


def make(name: str, builder: Builder, report: Callable[[str], None], *requirements: Path) -> str:
    """Make a base image once, in the builder's storage, and return its reference, for ``BASE_IMAGE``.

    Args:
        name: The base, one of ``BASES``.
        builder: What builds it.
        report: Told when an image is made.
        requirements: Files of locked requirements, each with its hashes; what they name is in the image, where
            ``pip install`` or ``npm ci`` takes it from.

    Raises:
        LabError: A package cannot be fetched, or the build failed.
    """
    base = BASES[name]
    packages = _unpack(base)
    reference = f"lab.local/{name}:{content_key(recipe_key(name), *packages.versions)}"
    with workplace(cache_directory() / "images" / f"{name}-base") as context:
        if not builder.has(reference):
            report(_("making the base image {reference}").format(reference=reference))
            (context / "Dockerfile").write_text(_DOCKERFILE.format(command=base.command))
            with (context / "rootfs.tar").open("wb") as file, rootfs.writing(file) as root:
                _fill(root, base, packages.root)
                for tool, program in programs.resolve(report, *base.tools).items():
                    root.add_file(f"usr/local/bin/{tool}", program, 0o755)
            builder.build(context, reference, {})
    for locked in requirements:
        fetched = _fetch_locked(name, locked, packages.root)
        reference = _add_packages(reference, name, fetched, builder, report)
    return reference


def _unpack(base: BaseImage) -> debian.Packages:
    return debian.unpack_root(*base.packages, *_PACKAGES, without=base.without)


def _fetch_locked(name: str, locked: Path, root: Path) -> Path:
    return node_packages.fetch(locked) if name == "node" else wheels.fetch(locked, root)


def _add_packages(base: str, name: str, packages: Path, builder: Builder, report: Callable[[str], None]) -> str:
    reference = f"{base}-{packages.name}"
    with workplace(packages.with_name(f"{packages.name}-image")) as context:
        if not builder.has(reference):
            report(_("making the base image {reference}").format(reference=reference))
            (context / "Dockerfile").write_text(_WITH_PACKAGES.format(base=base, variables=_VARIABLES[name]))
            shutil.copytree(packages, context / "packages", copy_function=os.link)
            builder.build(context, reference, {})
    return reference


def _fill(root: RootFilesystem, base: BaseImage, packages: Path) -> None:
    root.add_tree(packages, without=(*base.unneeded, "var/run"))
    root.add_applets(packages / "bin/busybox")
    root.add_link("usr/bin/env", "/bin/busybox")
    root.add_link("var/run", "/run")  # as base-files makes it where it is installed
    root.add_file("etc/passwd", _USERS)
    root.add_file("etc/group", _GROUPS)
    root.add_file("etc/nsswitch.conf", "hosts: files dns\n")
    for path, file in _added(base):
        root.add_file(path, file, file.stat().st_mode & 0o755)
    if base.programs:
        for program in sorted(packages.glob(f"{base.programs}/*")):
            root.add_link(f"usr/local/bin/{program.name}", f"/{program.relative_to(packages)}")
    for name, command in base.scripts.items():
        root.add_file(f"usr/local/bin/{name}", f"#!/bin/sh\n{command}\n", 0o755)


def _added(base: BaseImage) -> Iterator[tuple[str, Path]]:
    """The files that a base takes from the lab's environment, each with where it goes."""
    if not base.distribution:
        return
    try:
        installed = Path(str(importlib.metadata.distribution(base.distribution).locate_file("")))
    except importlib.metadata.PackageNotFoundError as error:
        reason = _("is not installed in this environment")
        raise LabError(reason, object=base.distribution, next_step="uv sync --group images") from error
    for directory, patterns in base.added.items():
        for path in (path for pattern in patterns for path in installed.glob(pattern)):
            files = [path] if path.is_file() else sorted(path.rglob("*"))
            yield from ((f"{directory}/{file.relative_to(path.parent)}", file) for file in files if _is_added(file))


def _is_added(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts
