"""The wheels of an application's locked requirements, for the Python of a base image."""

from __future__ import annotations

import sys
from pathlib import Path

from packaging.tags import platform_tags

from lab_helpers import shell
from lab_helpers.files import content_key, once
from lab_helpers.paths import cache_directory

__all__ = ["fetch"]


def fetch(requirements: Path, root: Path) -> Path:
    """Fetch the wheels that locked requirements name, and return the directory that holds them, and nothing else.

    Args:
        requirements: As ``uv export`` writes them: each with its version and the hashes of its files.
        root: The root file system of the image, which has a Python of Debian's and this machine's own C library.

    Raises:
        LabError: One has no hash, or no wheel for that Python, or cannot be fetched.
    """
    version = max(path.name.removeprefix("python") for path in root.glob("usr/bin/python3.*"))
    key = content_key(requirements, version, *platform_tags())
    return once(cache_directory() / "wheels" / key, lambda part: _download(requirements, version, part))


def _download(requirements: Path, version: str, directory: Path) -> None:
    platforms = [f"--platform={tag}" for tag in platform_tags()]
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", f"--python-version={version}"]
    pip = [sys.executable, "-m", "pip", "download", *options, *platforms, f"--dest={directory}"]
    directory.mkdir()
    shell.run([*pip, f"--requirement={requirements}"], next_step=f"uv export --output-file {requirements}")
