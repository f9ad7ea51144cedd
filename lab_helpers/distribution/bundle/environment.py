"""The Python environment as uv installs it without a network: uv itself, and its cache with all that is locked."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["PYTHON", "write"]

PYTHON = "/usr/bin/python3"
"""The Python of the machines that a bundle is for; this one may have others."""


def write(directory: Path, checkout: Path, uv_version: str) -> None:
    """Fill a directory with the wheel of uv, and with ``uv/``, the cache that set-up takes the rest from.

    Args:
        directory: Made here.
        checkout: Whose ``uv.lock`` it is.
        uv_version: The release of uv.

    Raises:
        LabError: The checkout was not set up, or a package cannot be fetched or has no wheel for Debian's Python.
    """
    uv = checkout / ".tools/bin/uv"
    if not uv.exists():
        raise LabError(_("is not there"), object=str(uv), next_step=f"make -C {checkout} .venv/stamp")
    directory.mkdir(parents=True)
    _fetch_uv(directory, uv_version)
    with tempfile.TemporaryDirectory(dir=directory) as environment:
        variables = {
            "UV_CACHE_DIR": str(directory / "uv"),
            "UV_LINK_MODE": "hardlink",
            "UV_PROJECT_ENVIRONMENT": environment,
        }
        # Every group: a machine without Go needs another set than this one.
        options = ["--frozen", "--quiet", "--all-extras", "--all-groups", f"--python={PYTHON}"]
        shell.run([uv, "sync", *options], cwd=checkout, env=variables)
    _forget_this_machine(directory / "uv")


def _fetch_uv(directory: Path, version: str) -> None:
    options = ["--quiet", "--no-deps", "--only-binary=:all:", f"--dest={directory}"]
    shell.run([sys.executable, "-m", "pip", "download", *options, f"uv=={version}"])


def _forget_this_machine(cache: Path) -> None:
    """Remove what is about this machine's interpreters, and the checkout that lies elsewhere on the next."""
    for pattern in ("interpreter-*", "sdists-*/editable"):
        for leftover in cache.glob(pattern):
            shutil.rmtree(leftover)
