"""Debian packages, fetched and unpacked into the cache without installing them, which needs no root."""

from __future__ import annotations

import platform
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.files import content_key, once
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory

__all__ = ["Packages", "download", "unpack", "unpack_root"]

# apt's plan says of each package: Inst NAME (VERSION ARCHIVE… [ARCHITECTURE])
_PLANNED = re.compile(r"^Inst (\S+) \((\S+) ", re.MULTILINE)
# What dpkg would say of a package that is there, in a later version than anything may ask for: apt leaves it out.
_PRESENT = """\
Package: {name}
Status: install ok installed
Version: 99:0
Architecture: {architecture}
Multi-Arch: allowed
Maintainer: kubernetes-lab
Description: left out

"""


@dataclass(frozen=True)
class Packages:
    """Packages unpacked over each other, as they would lie on a machine.

    Attributes:
        root: What ``/`` would be.
        versions: One line a package, as in ``libc6_2.36-9+deb12u14_amd64``.
    """

    root: Path
    versions: tuple[str, ...]


def unpack(*names: str) -> Packages:
    """Fetch packages of this machine's own Debian release, without what they depend on, and unpack them.

    They are fetched once: a later version in the archive changes nothing until the cache is cleaned.

    Raises:
        LabError: There is no apt here, or it cannot fetch one of them.
    """
    return _unpack(names, sorted(names), lambda _directory: names)


def unpack_root(*names: str, without: Sequence[str] = ()) -> Packages:
    """Fetch packages and all that they depend on, as apt resolves it for an empty machine, and unpack them.

    They are fetched once, as those of ``unpack``.

    Args:
        names: The packages.
        without: Dependencies that are left out, with what only they depend on.

    Raises:
        LabError: There is no apt here, or it cannot fetch one of them.
    """
    key = (*sorted(names), "dependencies", *sorted(without))
    return _unpack(names, key, lambda directory: _resolve(names, without, directory))


def download(directory: Path, *names: str) -> list[Path]:
    """Fetch the archives of packages and of all that they depend on, as apt resolves it for an empty machine.

    Args:
        directory: Where they are written, with nothing else of that kind in it.
        names: The packages.

    Raises:
        LabError: There is no apt here, or it cannot fetch one of them.
    """
    _expect_apt(names)
    with tempfile.TemporaryDirectory() as status:
        chosen = _resolve(names, (), Path(status))
    _apt(directory, "download", *chosen)
    return sorted(directory.glob("*.deb"))


def _unpack(names: Sequence[str], key: Sequence[str], choose: Callable[[Path], Sequence[str]]) -> Packages:
    release = platform.freedesktop_os_release()
    digest = content_key(release["ID"], release.get("VERSION_ID", ""), platform.machine(), *key)
    target = cache_directory() / "debian" / f"{names[0]}-{digest}"
    directory = once(target, lambda part: _fetch(names, choose, part))
    return Packages(directory / "root", tuple((directory / "versions").read_text().split()))


def _expect_apt(names: Sequence[str]) -> None:
    if shell.find("apt-get") is None or shell.find("dpkg-deb") is None:
        raise LabError(
            _("comes from a Debian package and this machine has no apt"),
            object=", ".join(names),
            next_step=_("use Debian or Ubuntu, or a machine that reaches an image registry"),
        )


def _fetch(names: Sequence[str], choose: Callable[[Path], Sequence[str]], directory: Path) -> None:
    _expect_apt(names)
    directory.mkdir()
    with tempfile.TemporaryDirectory(dir=directory) as temporary:
        downloads = Path(temporary)
        _apt(downloads, "download", *choose(downloads))
        archives = sorted(downloads.glob("*.deb"))
        for archive in archives:
            shell.run(["dpkg-deb", "--extract", archive, directory / "root"])
        (directory / "versions").write_text("".join(f"{archive.stem}\n" for archive in archives))


def _resolve(names: Sequence[str], without: Sequence[str], directory: Path) -> list[str]:
    """What apt would install on a machine that has nothing, each as ``name=version``."""
    architecture = shell.run(["dpkg", "--print-architecture"]).stdout.strip()
    status = directory / "status"
    status.write_text("".join(_PRESENT.format(name=name, architecture=architecture) for name in without))
    options = [f"Dir::State::status={status}", "APT::Install-Recommends=false", "Debug::NoLocking=true"]
    plan = _apt(directory, *(f"--option={option}" for option in options), "--simulate", "install", *names)
    return [f"{name}={version}" for name, version in _PLANNED.findall(plan.stdout)]


def _apt(directory: Path, *arguments: str) -> shell.Completed:
    # Without its sandbox user apt needs no directory that this user could write to; without its cache files it leaves
    # those of this machine as they are.
    options = ["APT::Sandbox::User=root", "Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache="]
    apt = ["apt-get", "--quiet", *(f"--option={option}" for option in options)]
    return shell.run([*apt, *arguments], cwd=directory, next_step="apt-get update")
