"""k3d's own program: the one on PATH, if its version is the one the lab was written for."""

from __future__ import annotations

import platform
import re
from pathlib import Path

from lab_helpers import shell
from lab_helpers.cluster.findings import Finding
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.versions import K3D, K3D_PROGRAMS

__all__ = ["find", "finding"]

# It tells k3s's version too, on a line of its own.
_VERSION = re.compile(r"^k3d version v(\d+\.\d+)\.\d+", re.MULTILINE)
_PATIENCE_SECONDS = 20.0  # what it may take to tell its version


def find() -> Path:
    """The program.

    Raises:
        LabError: It is not on PATH, or does not fit.
    """
    program = shell.find("k3d")
    if program is None:
        reason = _("no {program} v{version} on PATH").format(program="k3d", version=K3D)
        raise LabError(reason, object="k3d", next_step=_installation())
    said = _VERSION.search(shell.run([program, "version"], timeout=_PATIENCE_SECONDS).stdout)
    if said is None or said[1] != K3D.rpartition(".")[0]:
        template = (
            _("{program} is {seen}, not v{version}") if said else _("{program} is something else, not v{version}")
        )
        description = template.format(program=program, seen=said[0] if said else "", version=K3D)
        raise LabError(description, object="k3d", next_step=_installation())
    return Path(program).absolute()


def finding() -> Finding:
    """Whether it is there, and what to type if not."""
    try:
        return Finding("k3d", ok=True, seen=str(find()))
    except LabError as error:
        return Finding("k3d", ok=False, seen=error.reason, next_step=_installation())


def _installation() -> str:
    """Commands that put it on PATH once its digest is seen to be right."""
    release = K3D_PROGRAMS.get(platform.machine())
    if release is None:
        return _("install {program} v{version}: {address}").format(program="k3d", version=K3D, address="https://k3d.io")
    fetch = f"curl -fLo k3d {release.url} && echo '{release.sha256}  k3d' | sha256sum -c"
    return f"{fetch} && sudo install k3d /usr/local/bin/"
