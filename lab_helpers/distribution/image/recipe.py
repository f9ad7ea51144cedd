"""What the image is made of and how it runs, where the Makefile and the lock files do not say it."""

from __future__ import annotations

from typing import Any

from lab_helpers.container import LAB_CONTAINER, PORT
from lab_helpers.images.program_image import architecture

__all__ = ["CACHE", "CHECKOUT", "PACKAGES", "UNNEEDED", "configuration"]

CHECKOUT = "opt/lab"
"""Where the checkout lies in the image, its Python environment inside it; relative to the root."""

CACHE = "opt/cache"
"""``XDG_CACHE_HOME`` in the image, relative to the root: beside the volume, so that a newer image brings its own."""

PACKAGES = ("catatonit", "ca-certificates", "less", "mount", "nano", "procps")
"""Debian packages beside those of the Makefile: an init, and what learners use in a terminal."""

UNNEEDED = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/doc/*")
"""Files of packages that are left out, all but the licences."""

_HOME = "/home"
_PATH = f"/{CHECKOUT}/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def configuration(version: str, revision: str, created: str) -> dict[str, Any]:
    """The image's configuration, without its layers.

    Args:
        version: The template's version.
        revision: The commit of the checkout.
        created: When that was committed, as RFC 3339 has it: the same content makes the same image.
    """
    labels = {
        "title": "kubernetes-lab",
        "description": "A workbook on Kubernetes with a cluster of its own",
        "licenses": "Apache-2.0",
        "version": version,
        "revision": revision,
        "created": created,
    }
    return {
        "architecture": architecture(),
        "os": "linux",
        "created": created,
        "config": {
            "Env": [
                f"PATH={_PATH}",
                f"HOME={_HOME}",
                f"XDG_CACHE_HOME=/{CACHE}",
                f"{LAB_CONTAINER}=1",
                "LANG=C.UTF-8",
            ],
            "Entrypoint": ["/usr/bin/catatonit", "--", f"/{CHECKOUT}/.venv/bin/lab"],
            "Cmd": ["open", "--no-browser"],
            "WorkingDir": _HOME,
            "Volumes": {_HOME: {}},
            "ExposedPorts": {f"{PORT}/tcp": {}},
            "Labels": {f"org.opencontainers.image.{name}": value for name, value in labels.items()},
        },
    }
