"""The image's root file system while it is made: Debian's packages, and commands that run as they will in the image."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lab_helpers import paths, shell
from lab_helpers.distribution import makefile
from lab_helpers.distribution.image.recipe import PACKAGES, UNNEEDED
from lab_helpers.errors import LabError
from lab_helpers.files import content_key, once
from lab_helpers.language import gettext as _

__all__ = ["archive", "expect_machine", "run", "unpack"]

_TOOLS = "run/tools"  # programs of this machine, lent for a command
# Its mounts end with the mount namespace: of a build that is killed, too.
_ENTER = """\
root=$1 tools=$2 cache=$3
shift 3
mount --types proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --types tmpfs tmpfs "$root/run"
mkdir -p "$root/run/tools" "$root/run/cache"
mount --bind "$tools" "$root/run/tools"
mount --bind "$cache" "$root/run/cache"
for file in etc/resolv.conf etc/ssl/certs/ca-certificates.crt; do
    [ ! -e "/$file" ] || { : >>"$root/$file" && mount --bind "/$file" "$root/$file"; }
done
exec chroot "$root" "$@"
"""
_OWN = ("unshare", "--mount", "--propagation=private", "--", "sh", "-euc", _ENTER, "enter")


def expect_machine() -> None:
    """Return if an image can be made here.

    Its Debian is of this machine's release, so that what the cache has of Debian's packages serves in it.

    Raises:
        LabError: It cannot.
    """
    release = platform.freedesktop_os_release()
    if release["ID"] != "debian":
        raise LabError(_("an image is made on Debian"), object=release["ID"], next_step="less docs/image.md")
    if os.geteuid() != 0:
        raise LabError(
            _("an image is made by root"), object="lab image build", next_step="sudo .venv/bin/lab image build"
        )
    if shell.find("mmdebstrap") is None:
        step = "apt-get install --no-install-recommends mmdebstrap"
        raise LabError(_("is not installed"), object="mmdebstrap", next_step=step)


def archive(checkout: Path, report: Callable[[str], None]) -> Path:
    """Debian with the packages of the image as a tar archive, made once for what apt knows of them.

    Raises:
        LabError: A package cannot be fetched, or only with a password that would be in the image.
    """
    packages = sorted({*makefile.value(checkout, "DEBIAN_PACKAGES").split(), *PACKAGES})
    suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
    command = ["mmdebstrap", "--variant=minbase", "--format=tar", f"--include={','.join(packages)}"]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in UNNEEDED]
    command += ["--dpkgopt=path-include=/usr/share/doc/*/copyright", suite]

    def make(part: Path) -> None:
        report(_("fetching Debian {suite}").format(suite=suite))
        shell.run([*command, part, *mirrors], env={"SOURCE_DATE_EPOCH": "0"}, next_step="apt-get update")

    mirrors = _mirrors()
    # After an `apt-get update` that brought anything, security updates above all, it is another one.
    key = content_key(*command, platform.machine(), *map(Path, _indexes("$(FILENAME)")))
    directory = paths.cache_directory() / "distribution"
    newest = once(directory / f"debian-{key}.tar", make)
    for outdated in set(directory.glob("debian-*.tar")) - {newest}:
        outdated.unlink(missing_ok=True)
    return newest


def unpack(file: Path, root: Path) -> None:
    """Unpack Debian where commands can run in it."""
    root.mkdir()
    shell.run(["tar", "--extract", "--file", file, "--directory", root, "--exclude=./dev/*"])


def run(root: Path, argv: Sequence[str], tools: Path, cache: Path, variables: Sequence[str]) -> None:
    """Run a command in the root file system, with this machine's network, and nothing else of it.

    Args:
        root: The directory that is ``/`` to it.
        argv: The command; ``tools`` come first on its PATH.
        tools: A directory of this machine that the command finds as ``/run/tools``.
        cache: A directory of this machine that the command finds as ``/run/cache``.
        variables: Its environment, each ``NAME=value``.

    Raises:
        CommandFailed: It failed.
    """
    path = f"PATH=/{_TOOLS}:/usr/local/bin:/usr/bin:/bin"
    places = [str(root), str(tools), str(cache)]
    shell.run([*_OWN, *places, "/usr/bin/env", "-i", path, "HOME=/root", "LANG=C.UTF-8", *variables, *argv])


def _mirrors() -> list[str]:
    """Where this machine gets Debian's packages from, as lines of sources.list; the image keeps them."""
    lines = _indexes("deb $(REPO_URI) $(RELEASE) main")
    for line in lines:
        address = urlsplit(line.split()[1])
        if address.username or address.password:
            reason = _("is asked for Debian's packages with a password, which would be in the image")
            raise LabError(reason, object=str(address.hostname), next_step="man apt_auth.conf")
    return lines


def _indexes(form: str) -> list[str]:
    """A line for each index of Debian's packages that apt has, security updates too; apt-get(8) has the forms."""
    filters = ["Origin: Debian", "Component: main", "Created-By: Packages"]
    return sorted(set(shell.run(["apt-get", "indextargets", "--format", form, *filters]).stdout.splitlines()))
