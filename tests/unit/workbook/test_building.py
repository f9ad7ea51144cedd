"""What a lab's shells build images with: variables of theirs, credentials that only their owner reads."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import shell
from lab_helpers.cluster.base import Capability, Cluster
from lab_helpers.images import base_image, registry, stand_ins
from lab_helpers.images.builders.base import Builder, NoBuilder
from lab_helpers.images.builders.buildah import BuildahBuilder
from lab_helpers.images.builders.docker import DockerBuilder
from lab_helpers.workbook.room import building, node


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    own = registry.prepare(tmp_path / "registry", "127.83.0.1", 5443)
    return cast(Cluster, SimpleNamespace(directory=tmp_path, registry=own))


@pytest.fixture
def prepare(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """Makes the cluster's shells ready, by a builder, online or not, and returns their variables."""
    monkeypatch.setattr(stand_ins, "make", lambda _builder, _report: None)
    monkeypatch.setattr(node, "caches", lambda: iter(()))

    def call(builder: Builder, *, is_online: bool = False) -> dict[str, str]:
        monkeypatch.setattr(building, "choose_builder", lambda: builder)
        monkeypatch.setattr(base_image, "public_registry_reachable", lambda: is_online)
        building.prepare(cluster, lambda _: None)
        return building.variables(cluster)

    return call


@pytest.fixture
def buildah(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BuildahBuilder:
    (tmp_path / "path").mkdir()
    for name, script in (("buildah", 'echo "$BUILDAH_ISOLATION" "$@"'), ("unshare", 'shift 2\nexec "$@"')):
        (tmp_path / "path" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "path" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/path:/usr/bin:/bin")
    return BuildahBuilder(tmp_path / "storage")


def test_nobody_who_did_not_ask_for_it_gets_any(cluster: Cluster) -> None:
    assert building.variables(cluster) == {}
    assert building.capabilities(cluster) == frozenset()


def test_where_nothing_builds_images_tests_run_and_no_step_builds(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose() -> Builder:
        raise NoBuilder("nothing here builds images", object="images", next_step="apt-get install buildah")

    monkeypatch.setattr(building, "choose_builder", choose)
    monkeypatch.setattr(node, "caches", lambda: iter(()))
    with pytest.raises(NoBuilder):
        building.prepare(cluster, lambda _: None)
    assert sorted(building.variables(cluster)) == ["npm_config_cache", "npm_config_prefer_offline"]
    assert building.capabilities(cluster) == frozenset()


def test_images_go_to_the_labs_registry_with_credentials_that_only_their_owner_reads(
    cluster: Cluster, prepare: Callable[..., dict[str, str]], buildah: Builder
) -> None:
    variables = prepare(buildah)
    credentials = Path(variables["REGISTRY_AUTH_FILE"])
    assert variables["REGISTRY"] == "127.83.0.1:5443"
    assert "127.83.0.1:5443" in json.loads(credentials.read_text())["auths"]
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    (certificate,) = Path(variables["REGISTRY_CERT_DIR"]).iterdir()
    assert certificate.read_bytes() == cluster.registry.ca_certificate.read_bytes()
    assert not [secret for secret in cluster.registry.passwords if secret in json.dumps(variables)]


def test_a_shell_builds_with_the_images_of_the_lab(
    cluster: Cluster, prepare: Callable[..., dict[str, str]], buildah: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = prepare(buildah)
    assert (variables["BUILDER"], variables["BASE_REGISTRY"]) == ("buildah", "lab.local")
    program = cluster.directory / "bin/buildah"
    monkeypatch.setenv("PATH", f"{program.parent}:{cluster.directory}/path:/usr/bin:/bin")
    expected = f"chroot --root={cluster.directory}/storage/overlay --runroot={cluster.directory}/storage/run "
    assert shell.run(["buildah", "images"]).stdout == f"{expected}--storage-driver=overlay images\n"
    prepare(buildah)
    assert shell.run(["buildah", "images"]).stdout.startswith(expected), "made again, it does not call itself"


def test_with_docker_and_the_internet_there_is_nothing_to_stand_in(prepare: Callable[..., dict[str, str]]) -> None:
    variables = prepare(DockerBuilder(cast(Any, None)), is_online=True)
    assert variables["BUILDER"] == "docker"
    assert "BASE_REGISTRY" not in variables
    assert Path(variables["REGISTRY_AUTH_FILE"]).name == "config.json", "docker takes a directory"


def test_docker_pushes_to_loopback_which_is_all_that_its_daemon_trusts_untold(
    prepare: Callable[..., dict[str, str]], cluster: Cluster
) -> None:
    away = replace(cluster.registry, address="172.18.0.1")
    cast(Any, cluster).registry = away
    variables = prepare(DockerBuilder(cast(Any, None)), is_online=True)
    assert variables["REGISTRY"] == "127.0.0.1:5443"
    assert "127.0.0.1:5443" in json.loads(Path(variables["REGISTRY_AUTH_FILE"]).read_text())["auths"]


def test_a_registry_of_the_users_own_is_called_by_its_name_and_known_by_its_authority(
    cluster: Cluster, prepare: Callable[..., dict[str, str]], buildah: Builder, tmp_path: Path
) -> None:
    prepare(buildah)
    assert building.capabilities(cluster) == {Capability.BUILDS, Capability.FIXED_TAGS}
    (tmp_path / "pull").write_text("pull-only\n")
    (tmp_path / "authority").write_text("their own\n")
    own = replace(
        cluster.registry,
        ca_certificate=tmp_path / "authority",
        host="registry.example.com",
        address="registry.example.com",
        prefix="team",
        pull_username="reader",
        pull_password_file=tmp_path / "pull",
    )
    cluster = cast(Cluster, SimpleNamespace(directory=tmp_path, registry=own))
    building.prepare(cluster, lambda _: None)
    variables = building.variables(cluster)
    assert variables["REGISTRY"] == "registry.example.com/team"
    assert (Path(variables["REGISTRY_CERT_DIR"]) / "ca.crt").read_text() == "their own\n"
    assert building.capabilities(cluster) == {Capability.BUILDS}, "who else moves a tag there, nobody here knows"
    assert own.puller.authorization.split()[1] not in Path(variables["REGISTRY_AUTH_FILE"]).read_text()
