"""Images for the cluster under test: what they are called there, and what is said of those that are not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.images.layout import ImageLayout
from lab_helpers.images.registry import Registry
from lab_helpers.testing import images


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry("ghcr.io", "127.0.0.1", 4443, tmp_path / "ca.crt", "lab", tmp_path / "password")


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ("ghcr.io/org/app:v1.2.3", "ghcr.io/org/app:v1.2.3"),
        ("myapp", "ghcr.io/loaded/myapp:latest"),
        ("docker.io/team/myapp:dev", "ghcr.io/loaded/myapp:dev"),
        ("ghcr.io/org/app", "ghcr.io/org/app:latest"),
        ("localhost:5000/team/myapp", "ghcr.io/loaded/myapp:latest"),
        ("team/myapp@sha256:0123", "ghcr.io/loaded/myapp:latest"),
        ("team/myapp:dev@sha256:0123", "ghcr.io/loaded/myapp:dev"),
        (Path("/somewhere/MyApp.tar"), "ghcr.io/loaded/myapp:loaded"),
    ],
)
def test_what_names_the_registry_keeps_its_name(
    image: str | Path, reference: str, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: list[str] = []

    class Builder:
        def has(self, name: str) -> bool:
            arguments.append(name)
            return True

        def save(self, name: str, archive: Path) -> None:
            archive.touch()

    def push(layout: object, image: object, registry: Registry, repository: str, tag: str) -> str:
        arguments.append(f"{registry.host}/{repository}:{tag}")
        return "sha256:0"

    monkeypatch.setattr(images, "find_storage", Builder)
    monkeypatch.setattr(images, "push", push)
    monkeypatch.setattr(ImageLayout, "add_docker_archive", lambda self, name, archive: None)
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    assert images.load(image, registry) == reference
    assert arguments[-1] == reference
    assert arguments[:-1] == ([] if isinstance(image, Path) else [image])


def test_an_image_that_is_not_here_is_said_with_what_to_type(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Empty:
        program = "docker"
        docker_missing = "Docker: no daemon answers"

        def has(self, name: str) -> bool:
            return False

    monkeypatch.setattr(images, "find_storage", Empty)
    with pytest.raises(LabError, match="no such image here") as failure:
        images.load("myapp:dev", registry)
    assert failure.value.next_step == "docker build --tag myapp:dev ."
    assert failure.value.last_event == "Docker: no daemon answers", "why it was not looked for there"
    (tmp_path / "web.tar").touch()
    with pytest.raises(LabError, match="is a file") as failure:
        images.load(f"{tmp_path}/web.tar", registry)
    assert failure.value.next_step == f"load_docker_image(Path('{tmp_path}/web.tar'))"
    with pytest.raises(LabError, match="no such archive"):
        images.load(tmp_path / "image.tar", registry)
