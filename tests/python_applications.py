"""Applications in Python, run with the requirements that they lock, apart from those of the lab."""

from __future__ import annotations

import sys
from pathlib import Path

from lab_helpers import checkout, shell
from lab_helpers.files import content_key, once
from lab_helpers.paths import cache_directory

__all__ = ["interpreter", "run_own_tests"]

_OWN_TESTS_SECONDS = 300.0


def interpreter(name: str) -> Path:
    """A Python that has what an application is developed with; made once for what its lock says.

    Raises:
        LabError: Something cannot be installed.
    """
    requirements = checkout.app_directory() / name / "requirements-dev.txt"
    directory = cache_directory() / "python" / f"{name}-{content_key(requirements, sys.version)}"
    return once(directory, lambda part: _install(requirements, part)) / "bin/python"


def run_own_tests(name: str, **environment: str) -> str:
    """Run an application's linter and its own tests, as its pipeline does, and return what they say.

    Args:
        name: That of its directory below ``app/``.
        environment: Where its tests find the servers that they need.

    Raises:
        CommandFailed: Something is wrong with it.
    """
    directory, python = checkout.app_directory() / name, interpreter(name)
    shell.run([python, "-m", "ruff", "check", "--no-cache", "."], cwd=directory)
    variables = {"PYTHONDONTWRITEBYTECODE": "1", **environment}
    command: list[str | Path] = [python, "-m", "pytest", "-p", "no:cacheprovider", "--quiet"]
    return shell.run(command, cwd=directory, env=variables, timeout=_OWN_TESTS_SECONDS).stdout


def _install(requirements: Path, directory: Path) -> None:
    shell.run([sys.executable, "-m", "venv", "--without-pip", directory])
    pip = [sys.executable, "-m", "pip", "--quiet", f"--python={directory}/bin/python", "install"]
    shell.run([*pip, "--no-deps", "--require-hashes", f"--requirement={requirements}"])
