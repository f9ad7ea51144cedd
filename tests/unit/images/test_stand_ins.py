"""Stand-ins for public base images: one for each that a Dockerfile of the template names, for all that name it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.images import base_image, stand_ins
from lab_helpers.images.builders.base import Builder

_APP = """repository = "org/{name}"
base = "{base}"
{requirements}
[[release]]
tag = "v1.0.0"
behaviour = "good"
summary = "The first release."
"""


class _Names:
    """A builder's storage: what was called how."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def tag(self, reference: str, name: str) -> None:
        self.names[name] = reference


def _write(directory: Path, base: str, public: str, requirements: str = "") -> None:
    directory.mkdir(parents=True)
    listed = f'requirements = "{requirements}"\n' if requirements else ""
    (directory / "app.toml").write_text(_APP.format(name=directory.name, base=base, requirements=listed))
    (directory / "Dockerfile").write_text(f"{public}\nFROM ${{BASE_IMAGE}}\n")
    if requirements:
        (directory / requirements).write_text("")


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, str]]:
    """Makes the stand-ins, and returns what each is, by its name."""

    def base(name: str, _builder: Any, _report: Any, *requirements: Path) -> str:
        return " ".join([name, *(file.parent.name for file in requirements)])

    monkeypatch.setattr(checkout, "app_directory", lambda: tmp_path)
    monkeypatch.setattr(base_image, "make", base)

    def call() -> dict[str, str]:
        storage = _Names()
        stand_ins.make(cast(Builder, storage), lambda _: None)
        return storage.names

    return call


def test_applications_on_one_base_share_a_stand_in_with_all_their_wheels(
    tmp_path: Path, make: Callable[[], dict[str, str]]
) -> None:
    _write(tmp_path / "a", "python", "ARG BASE_IMAGE=docker.io/library/python:3.13-slim", "requirements.txt")
    _write(tmp_path / "b", "node", "ARG BASE_IMAGE=docker.io/library/node:24-alpine")
    _write(tmp_path / "c", "python", "ARG BASE_IMAGE=docker.io/library/python:3.13-slim", "requirements.txt")
    assert make() == {"lab.local/library/python:3.13-slim": "python a c", "lab.local/library/node:24-alpine": "node"}


def test_a_dockerfile_without_a_default_is_named(tmp_path: Path, make: Callable[[], dict[str, str]]) -> None:
    _write(tmp_path / "a", "node", "ARG BASE_IMAGE")
    with pytest.raises(LabError) as caught:
        make()
    assert caught.value.object == str(tmp_path / "a/Dockerfile")
    assert caught.value.next_step
