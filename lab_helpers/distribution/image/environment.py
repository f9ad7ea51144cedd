"""The checkout and its Python environment in the image's root file system, made by the Python that it has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from lab_helpers import paths, shell
from lab_helpers.distribution.image import root
from lab_helpers.distribution.image.recipe import CHECKOUT
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.language import gettext as _

__all__ = ["install"]

# What notebooks and runs import, and what images of applications are made of; not what the lab's own tests use.
_SYNC = ("uv", "sync", "--frozen", "--quiet", "--no-default-groups", "--group=images", "--extra=workbook")
# The files of a layer are dated 1970: compiled code is valid by what it was made from, not by when.
_VARIABLES = (
    "UV_CACHE_DIR=/run/cache",
    "UV_COMPILE_BYTECODE=1",
    "UV_LINK_MODE=copy",
    "UV_PYTHON=/usr/bin/python3",
    "UV_PYTHON_DOWNLOADS=never",
    "UV_SYSTEM_CERTS=1",
    "PYC_INVALIDATION_MODE=UNCHECKED_HASH",
)
_COMPILE = ("python3", "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash", "lab_helpers", "labs")


def install(checkout: Path, revision: str, directory: Path) -> Path:
    """Put a commit of the checkout and its locked environment into a root file system.

    Args:
        checkout: The repository.
        revision: The commit.
        directory: The root file system.

    Returns:
        The directory of the environment's packages.

    Raises:
        LabError: There is no uv, or a package cannot be fetched.
    """
    target = directory / CHECKOUT
    _export(checkout, revision, target)
    uv = _uv(checkout)
    cache = paths.cache_directory().parent / "uv"  # uv's own: it is filled by `make .venv/stamp`
    cache.mkdir(parents=True, exist_ok=True)
    for command in (_SYNC, _COMPILE):
        chdir = ["env", f"--chdir=/{CHECKOUT}", *command]
        root.run(directory, chdir, uv.parent, cache, _VARIABLES)
    return next((target / ".venv" / "lib").glob("python3*/site-packages"))


def _export(checkout: Path, revision: str, target: Path) -> None:
    target.mkdir(parents=True)
    archive = ["git", "-C", str(checkout), "archive", revision]
    extraction = ["tar", "--extract", "--directory", str(target)]
    with shell.start(archive, stdout=subprocess.PIPE) as git, shell.start(extraction, stdin=git.stdout) as tar:
        tar.wait()
    for command, process in ((archive, git), (extraction, tar)):
        if process.returncode != 0:
            raise CommandFailed(command, process.returncode, "")


def _uv(checkout: Path) -> Path:
    """The uv of the checkout's set-up, else the machine's own."""
    own = checkout / ".tools" / "bin" / "uv"
    program = own if own.exists() else shutil.which("uv")
    if program is None:
        raise LabError(_("is not installed"), object="uv", next_step="make .venv/stamp")
    return Path(program)
