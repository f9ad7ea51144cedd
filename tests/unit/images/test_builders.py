"""Builders: which is chosen, what is said when none is here or a build fails."""

from pathlib import Path
from typing import Any

import pytest
from docker.errors import BuildError

from lab_helpers import container, shell
from lab_helpers.errors import LabError
from lab_helpers.images.builders.buildah import BuildahBuilder
from lab_helpers.images.builders.choose import choose_builder, find_storage
from lab_helpers.images.builders.docker import DockerBuilder

_BUILDAH = """#!/bin/sh
echo "$@" >> "$BUILDAH_LOG"
case "$*" in
  *"$BUILDAH_FAILS"*) echo "STEP 1: FROM scratch"; echo "no space left on device" >&2; exit 125;;
esac
"""


@pytest.fixture
def buildah(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for buildah that fails on what BUILDAH_FAILS names; the log tells its arguments."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "buildah").write_text(_BUILDAH)
    (programs / "buildah").chmod(0o755)
    (programs / "unshare").write_text('#!/bin/sh\nshift 2\nexec "$@"\n')
    (programs / "unshare").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("BUILDAH_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("BUILDAH_FAILS", "nothing")
    return tmp_path / "log"


class _Images:
    """The part of the Docker SDK's image collection that is used."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.built: list[dict[str, Any]] = []

    def build(self, **arguments: Any) -> None:
        self.built.append(arguments)
        if self.error:
            raise self.error


class _Client:
    def __init__(self, images: _Images) -> None:
        self.images = images


def test_neither_docker_nor_buildah_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    monkeypatch.setattr(shell, "find", lambda program: None)
    with pytest.raises(LabError) as caught:
        choose_builder()
    assert "apt-get install" in caught.value.next_step
    assert "buildah" in caught.value.next_step
    assert f"unix://{tmp_path}/none (DOCKER_HOST): No such file or directory" in caught.value.last_event


def test_buildah_is_chosen_where_docker_does_not_answer(buildah: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    builder = choose_builder()
    assert isinstance(builder, BuildahBuilder)
    assert "tcp://127.0.0.1:1 (DOCKER_HOST)" in builder.docker_missing


def test_buildahs_storage_lies_in_the_cache_and_in_a_container_in_the_volume(
    buildah: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert any(f"{tmp_path}/cache/" in word for word in choose_builder().command)
    monkeypatch.setenv(container.LAB_CONTAINER, "1")
    assert any(f"{tmp_path}/state/" in word for word in choose_builder().command)


def test_buildah_keeps_to_the_storage_it_was_given(buildah: Path, tmp_path: Path) -> None:
    BuildahBuilder(tmp_path / "storage").build(tmp_path, "ghcr.io/org/a:v1", {"VERSION": "v1"})

    for line in buildah.read_text().splitlines():
        assert f"--root={tmp_path}/storage/overlay " in line
        assert f"--runroot={tmp_path}/storage/run " in line
    assert "--build-arg=VERSION=v1" in buildah.read_text()


def test_what_the_user_built_is_looked_for_in_their_own_storage(
    buildah: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    find_storage().save("web:dev", tmp_path / "image.tar")
    assert buildah.read_text().splitlines() == [f"push --quiet web:dev docker-archive:{tmp_path}/image.tar:web:dev"]


def test_an_image_gets_another_name(buildah: Path, tmp_path: Path) -> None:
    builder = BuildahBuilder(tmp_path / "storage")
    builder.tag("lab.local/node:1", "lab.local/library/node:24")
    assert buildah.read_text().splitlines()[-1].endswith(" tag lab.local/node:1 lab.local/library/node:24")
    assert builder.command[-3:] == [
        f"--root={tmp_path}/storage/overlay",
        f"--runroot={tmp_path}/storage/run",
        "--storage-driver=overlay",
    ]


def test_the_driver_falls_back_where_overlay_is_refused_and_is_tried_once(
    buildah: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BUILDAH_FAILS", "info")
    for version in ("v1", "v2"):
        BuildahBuilder(tmp_path / "storage").build(tmp_path, f"ghcr.io/org/a:{version}", {})

    lines = buildah.read_text().splitlines()
    assert ["overlay" in line for line in lines] == [True, False, False]
    assert all("--storage-driver=vfs" in line for line in lines[1:])


def test_a_failed_build_names_image_last_lines_and_command(
    buildah: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BUILDAH_FAILS", " build ")
    with pytest.raises(LabError) as caught:
        BuildahBuilder(tmp_path / "storage").build(tmp_path, "ghcr.io/org/a:v1", {})
    assert caught.value.object == "ghcr.io/org/a:v1"
    assert "no space left on device" in caught.value.last_event
    assert "buildah" in caught.value.next_step
    assert str(tmp_path) in caught.value.next_step


def test_docker_gets_context_reference_and_arguments(tmp_path: Path) -> None:
    images = _Images()
    DockerBuilder(_Client(images)).build(tmp_path, "ghcr.io/org/a:v1", {"VERSION": "v1"})  # type: ignore[arg-type]
    [arguments] = images.built
    assert arguments["path"] == str(tmp_path)
    assert arguments["tag"] == "ghcr.io/org/a:v1"
    assert arguments["buildargs"] == {"VERSION": "v1"}


def test_a_failed_docker_build_names_image_last_lines_and_command(tmp_path: Path) -> None:
    failure = BuildError("returned a non-zero code: 1", iter([{"stream": "Step 1/2 : FROM scratch\n"}]))
    client = _Client(_Images(failure))
    with pytest.raises(LabError) as caught:
        DockerBuilder(client).build(tmp_path, "ghcr.io/org/a:v1", {})  # type: ignore[arg-type]
    assert "Step 1/2" in caught.value.last_event
    assert "returned a non-zero code: 1" in caught.value.last_event
    assert caught.value.next_step == f"docker build --tag ghcr.io/org/a:v1 {tmp_path}"


def test_a_daemon_that_ends_meanwhile_is_an_error_with_the_command(tmp_path: Path) -> None:
    client = _Client(_Images(ConnectionError("Connection aborted")))
    with pytest.raises(LabError, match="the image was not built") as caught:
        DockerBuilder(client).build(tmp_path, "ghcr.io/org/a:v1", {})  # type: ignore[arg-type]
    assert caught.value.last_event == "Connection aborted"
    assert caught.value.next_step == f"docker build --tag ghcr.io/org/a:v1 {tmp_path}"
