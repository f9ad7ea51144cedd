"""A real registry and real builds: what is pushed is there, and strangers and impostors are turned away."""

import contextlib
import dataclasses
import io
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import files, shell, wait
from lab_helpers.certificates import CertificateAuthority
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.images import base_image, registry
from lab_helpers.images.builders.buildah import BuildahBuilder
from lab_helpers.images.layout import Image, ImageLayout
from lab_helpers.images.registry import Registry, connection
from lab_helpers.workbook.room import building
from tests.unit.app import pipeline

_UP_SECONDS = 20.0
_BUILDS = pytest.mark.cluster  # for it takes the rights of a node: namespaces with mounts


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    directory = tmp_path_factory.mktemp("registry")
    prepared = registry.prepare(directory, "127.0.0.1", _free_port())
    try:
        command = registry.command(directory)
    except LabError as error:
        pytest.skip(f"no registry program: {error}")
    with (directory / "log").open("w") as log, shell.start(command, stdout=log, stderr=log) as process:
        try:
            registry.wait_up(prepared, _UP_SECONDS)
            yield prepared
        finally:
            process.kill()


@pytest.fixture
def layout(tmp_path: Path) -> ImageLayout:
    return ImageLayout(tmp_path / "layout")


def _image(layout: ImageLayout, content: bytes) -> Image:
    layer = layout.add_layer(io.BytesIO(content))
    return layout.add_image("ghcr.io/org/tiny:v1", {"architecture": "amd64", "os": "linux"}, [layer])


def test_a_pushed_image_is_there_under_its_tag_with_its_digest(served: Registry, layout: ImageLayout) -> None:
    image = _image(layout, b"pushed")

    pushed = registry.push(layout, image, served, "org/tiny", "v1")

    assert pushed == image.manifest.digest
    assert registry.digest(served, "org/tiny", "v1") == pushed
    assert registry.tags(served, "org/tiny") == ("v1",)


def test_pushing_again_changes_nothing(served: Registry, layout: ImageLayout) -> None:
    image = _image(layout, b"twice")
    first = registry.push(layout, image, served, "org/twice", "v1")
    assert registry.push(layout, image, served, "org/twice", "v1") == first


def test_a_tag_that_a_learner_pushed_keeps_its_image_and_who_pushes_another_is_told_why(
    served: Registry, layout: ImageLayout
) -> None:
    first, other = _image(layout, b"first"), _image(layout, b"other")
    pushed = registry.push(layout, first, served.puller, "org/kept", "v1.0.0")

    with pytest.raises(LabError) as caught:
        registry.push(layout, other, served.puller, "org/kept", "v1.0.0")

    for words in (
        "the tag v1.0.0 of org/kept names another image already",
        pushed,
        "a tag never moves",
        "Next: commit",
    ):
        assert words in caught.value.last_event
    assert registry.digest(served, "org/kept", "v1.0.0") == pushed
    assert registry.push(layout, first, served.puller, "org/kept", "v1.0.0") == pushed, "the same again is no other"
    assert registry.push(layout, other, served.puller, "org/kept", "v1.0.1") == other.manifest.digest


@pytest.mark.parametrize(("tag", "user"), [("latest", "learner"), ("v1.0.0", "lab")])
def test_latest_moves_and_so_does_every_tag_of_the_lab(
    tag: str, user: str, served: Registry, layout: ImageLayout
) -> None:
    pusher = {"learner": served.puller, "lab": served}[user]
    for content in (b"first", b"second"):
        image = _image(layout, content)
        registry.push(layout, image, pusher, f"org/moved-by-{user}", tag)
        assert registry.digest(served, f"org/moved-by-{user}", tag) == image.manifest.digest


def test_of_two_who_push_a_tag_at_once_one_is_refused(served: Registry, layout: ImageLayout) -> None:
    images = [_image(layout, bytes([number])) for number in range(8)]

    def push(image: Image) -> str:
        try:
            return registry.push(layout, image, served.puller, "org/raced", "v1.0.0")
        except LabError:
            return ""

    with ThreadPoolExecutor(len(images)) as pool:
        digests = [digest for digest in pool.map(push, images) if digest]
    assert digests == [registry.digest(served, "org/raced", "v1.0.0")]


def test_who_calls_themselves_the_lab_moves_nothing_without_its_password(
    served: Registry, layout: ImageLayout, tmp_path: Path
) -> None:
    pushed = registry.push(layout, _image(layout, b"first"), served, "org/claimed", "v1.0.0")
    impostor = dataclasses.replace(served, password_file=served.puller.password_file)
    with pytest.raises(LabError, match="refused the user name or password"):
        registry.push(layout, _image(layout, b"other"), impostor, "org/claimed", "v1.0.0")
    assert registry.digest(served, "org/claimed", "v1.0.0") == pushed


def test_a_manifest_that_no_registry_takes_is_refused_by_its_size(served: Registry) -> None:
    manifest = b" " * ((4 << 20) + 1)
    with contextlib.closing(connection.Connection(served.puller)) as registry_connection:
        response = registry_connection.send_request("PUT", "/v2/org/large/manifests/v1.0.0", body=manifest)
    assert response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert json.loads(response.body)["errors"][0]["code"] == "MANIFEST_INVALID"


def test_a_registry_ends_with_what_serves_it(tmp_path: Path) -> None:
    prepared = registry.prepare(tmp_path / "registry", "127.0.0.1", _free_port())
    with shell.start(registry.command(tmp_path / "registry"), stderr=subprocess.DEVNULL) as process:
        registry.wait_up(prepared, _UP_SECONDS)
        (child,) = (int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
        process.kill()
    wait.until(lambda: not Path(f"/proc/{child}").exists(), seconds=5, outcome="end", object="the registry")


def test_a_wrong_password_is_refused_and_nothing_is_pushed(
    served: Registry, layout: ImageLayout, tmp_path: Path
) -> None:
    wrong = files.write(tmp_path / "password", "not-the-password", private=True)
    stranger = dataclasses.replace(served, password_file=wrong)

    with pytest.raises(LabError, match="refused the user name or password") as caught:
        registry.push(layout, _image(layout, b"stranger"), stranger, "org/refused", "v1")

    assert caught.value.object == "ghcr.io/org/refused:v1"
    assert served.password not in str(caught.value)
    assert registry.tags(served, "org/refused") == ()


def test_an_unknown_tag_and_an_unknown_repository_are_told_apart_from_trouble(
    served: Registry, layout: ImageLayout
) -> None:
    registry.push(layout, _image(layout, b"known"), served, "org/known", "v1")

    with pytest.raises(LabError, match="no such tag"):
        registry.digest(served, "org/known", "v9.9.9")
    assert registry.tags(served, "org/unknown") == ()


def test_a_certificate_of_another_authority_is_not_trusted(served: Registry, tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    other.write_text(CertificateAuthority("an impostor's").pair.certificate)
    suspicious = dataclasses.replace(served, ca_certificate=other)

    with pytest.raises(LabError, match="CERTIFICATE_VERIFY_FAILED"):
        registry.tags(suspicious, "org/tiny")
    with pytest.raises(WaitTimeout):
        registry.wait_up(suspicious, 0.2)


def test_a_certificate_for_another_name_is_not_trusted(served: Registry) -> None:
    with pytest.raises(LabError, match="CERTIFICATE_VERIFY_FAILED"):
        registry.tags(dataclasses.replace(served, host="docker.io"), "org/tiny")


def test_a_push_waits_for_a_registry_that_is_started_again(tmp_path: Path, layout: ImageLayout) -> None:
    prepared = registry.prepare(tmp_path / "registry", "127.0.0.1", _free_port())
    pushed: list[str] = []
    image = _image(layout, b"waited for")
    pushing = threading.Thread(
        target=lambda: pushed.append(registry.push(layout, image, prepared, "org/tiny", "v1")), daemon=True
    )
    pushing.start()  # while nobody listens
    with shell.start(registry.command(tmp_path / "registry"), stderr=subprocess.DEVNULL) as process:
        pushing.join(_UP_SECONDS)
        process.kill()
    assert pushed == [image.manifest.digest]


def test_nobody_listening_is_an_error_that_names_the_address(served: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_PATIENCE_SECONDS", 0.2)
    port = _free_port()
    with pytest.raises(LabError) as caught:
        registry.digest(dataclasses.replace(served, port=port), "org/tiny", "v1")
    assert caught.value.object == f"registry 127.0.0.1:{port}"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("storage")


@pytest.fixture(scope="module")
def builder(storage: Path) -> BuildahBuilder:
    if shell.find("buildah") is None:
        pytest.skip("buildah is not installed")
    return BuildahBuilder(storage)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    directory = tmp_path / "context"
    directory.mkdir()
    (directory / "Dockerfile").write_text(
        "ARG BASE_IMAGE=scratch\nFROM ${BASE_IMAGE}\nCOPY file /file\nARG VERSION\nENV APP_VERSION=${VERSION}\n"
    )
    (directory / "file").write_text("content")
    return directory


@_BUILDS
def test_what_buildah_built_is_pushed(served: Registry, builder: BuildahBuilder, context: Path) -> None:
    reference = "ghcr.io/org/built:v1"
    assert not builder.has(reference)

    builder.build(context, reference, {"VERSION": "v1"})

    assert builder.has(reference)
    assert builder.push(reference, served) == registry.digest(served, "org/built", "v1")


@_BUILDS
def test_an_image_can_be_the_base_of_another(builder: BuildahBuilder, context: Path, tmp_path: Path) -> None:
    builder.build(context, "lab.local/base:1", {"VERSION": "base"})
    builder.build(context, "ghcr.io/org/upon:v1", {"BASE_IMAGE": "lab.local/base:1", "VERSION": "v1"})
    builder.save("ghcr.io/org/upon:v1", tmp_path / "image.tar")

    image = ImageLayout(tmp_path / "layout").add_docker_archive("ghcr.io/org/upon:v1", tmp_path / "image.tar")
    layers = [part for part in image.parts if part.media_type.endswith("tar")]
    assert len(layers) >= 2


@_BUILDS
def test_a_build_that_fails_says_why(builder: BuildahBuilder, context: Path) -> None:
    (context / "file").unlink()
    with pytest.raises(LabError) as caught:
        builder.build(context, "ghcr.io/org/broken:v1", {})
    assert "/file" in caught.value.last_event
    assert caught.value.object == "ghcr.io/org/broken:v1"
    assert not builder.has("ghcr.io/org/broken:v1")


@_BUILDS
def test_a_learners_commit_becomes_an_image_by_the_script_of_their_repository_and_its_tag_never_another(
    served: Registry, builder: BuildahBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = cast(Cluster, SimpleNamespace(directory=tmp_path / "cluster", registry=served))
    cluster.directory.mkdir()
    monkeypatch.setattr(building, "choose_builder", lambda: builder)
    monkeypatch.setattr(base_image, "public_registry_reachable", lambda: True)
    building.prepare(cluster, lambda _: None)
    path = f"{cluster.directory}/bin:{os.environ['PATH']}"
    shell_variables = {"PATH": path, "IMAGE_REPOSITORY": "org/learned", **building.variables(cluster)}
    repository = pipeline.make(tmp_path)
    repository.release("content")

    built, pushed = (repository.run(command, **shell_variables) for command in ("build", "push"))

    assert built.returncode == 0, built.stderr
    image = f"{served.endpoint}/org/learned"
    digest = registry.digest(served, "org/learned", "v1.0.0")
    assert pushed.stdout.splitlines() == [f"pushed {image}:{tag}@{digest}" for tag in ("v1.0.0", "latest")]

    assert repository.run("build", **shell_variables).returncode == 0
    assert repository.run("push", **shell_variables).stdout == pushed.stdout, "the same commit is the same image"

    repository.release("other content")
    assert repository.run("build", **shell_variables).returncode == 0
    refused = repository.run("push", **shell_variables)
    assert refused.returncode != 0
    assert "denied: the tag v1.0.0 of org/learned names another image already" in refused.stderr
    assert {registry.digest(served, "org/learned", tag) for tag in ("v1.0.0", "latest")} == {digest}
    assert not [secret for secret in served.passwords if secret in built.stderr + pushed.stderr + refused.stderr]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's builds could mount where others see it")
@_BUILDS
def test_a_build_leaves_no_mount_behind(builder: BuildahBuilder, storage: Path, context: Path) -> None:
    builder.build(context, "ghcr.io/org/mounts:v1", {"VERSION": "v1"})
    assert str(storage) not in Path("/proc/self/mounts").read_text()
