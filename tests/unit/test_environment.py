"""environment.yml, for users of conda, names the versions of the lock file."""

from __future__ import annotations

import re
import tomllib

import yaml

from lab_helpers.checkout import source_directory

# What conda-forge calls some packages of PyPI.
CONDA_NAMES = {"kubernetes": "python-kubernetes", "docker": "docker-py", "redis": "redis-py"}


def locked() -> dict[str, str]:
    lock = tomllib.loads((source_directory() / "uv.lock").read_text())
    return {package["name"]: package["version"] for package in lock["package"]}


def required() -> set[str]:
    project = tomllib.loads((source_directory() / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    named = project["dependencies"] + extras["workbook"] + extras["test"]
    return {re.split(r"[<>=\[]", requirement)[0] for requirement in named}


def test_every_dependency_is_there_in_the_locked_version() -> None:
    environment = yaml.safe_load((source_directory() / "environment.yml").read_text())["dependencies"]
    by_pip = next(entry["pip"] for entry in environment if isinstance(entry, dict))
    conda = dict(entry.split("=") for entry in environment if isinstance(entry, str) and "=" in entry)
    pip = dict(entry.split("==") for entry in by_pip if "==" in entry)
    versions = locked()
    expected = {name: versions[name] for name in required()}
    listed = {name: conda.get(CONDA_NAMES.get(name, name)) or pip.get(name) for name in expected}
    assert listed == expected


def test_conda_gets_the_python_that_the_project_asks_for() -> None:
    environment = (source_directory() / "environment.yml").read_text()
    project = (source_directory() / "pyproject.toml").read_text()
    assert "- python=3.11\n" in environment
    assert 'requires-python = ">=3.11"' in project
