"""The Node.js and npm of a lab's shells, with the packages at hand that the template's applications lock."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from lab_helpers import files
from lab_helpers.images import applications, node_packages

__all__ = ["caches", "prepare"]

_BASE = "node"
_PACKAGES = "packages"
_PROGRAM = """\
#!/bin/sh
exec {command} "$@"
"""


def prepare(programs: Path, directory: Path) -> dict[str, str]:
    """Put the Node.js that the lab builds on, and its npm, where a shell finds them before the machine's own.

    Args:
        programs: A directory that comes first on PATH; made where it is missing.
        directory: Where npm's cache lies, a copy, which npm may write to; made where it is missing.

    Returns:
        The environment variables by which npm asks its registry only for what that cache lacks.

    Raises:
        LabError: Node.js is not installed, or a package cannot be fetched.
    """
    runtime, script = node_packages.npm()
    for parent in (programs, directory):
        parent.mkdir(parents=True, exist_ok=True)
    files.symlink(programs / "node", Path(runtime))
    files.write(programs / "npm", _PROGRAM.format(command=shlex.join([str(runtime), str(script)])))
    (programs / "npm").chmod(0o755)
    packages = files.once(directory / _PACKAGES, _fill)
    return {"npm_config_cache": str(packages), "npm_config_prefer_offline": "true"}


def caches() -> Iterator[Path]:
    """The npm cache of each application in Node.js, with what its tests and linter use; fetched where it is missing.

    Raises:
        LabError: A package cannot be fetched.
    """
    for application in map(applications.load, applications.names()):
        if application.base == _BASE and application.requirements is not None:
            yield node_packages.fetch(application.requirements, development=True)


def _fill(directory: Path) -> None:
    directory.mkdir()
    for cache in caches():  # of the same package they have the same files
        shutil.copytree(cache, directory, dirs_exist_ok=True)
