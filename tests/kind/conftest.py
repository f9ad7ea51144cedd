"""A kind cluster that is not the lab's, made by pytest-kind, and labs beside it that must leave it alone."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from pytest_kind.cluster import KindCluster

from lab_helpers import shell
from lab_helpers.cluster.choose import provider
from lab_helpers.cluster.kind import creation, program
from tests.kind.remains import assert_nothing_remains, docker

LAB = Path(sys.executable).parent / "lab"

Lab = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session", autouse=True)
def _can_run_here() -> None:
    failed = [finding for finding in provider("kind").doctor() if not finding.ok]
    if failed:
        pytest.fail(f"no kind cluster on this machine: {failed[0].name}: {failed[0].seen}; next: make test-kind")


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KindCluster]:
    """Somebody else's cluster of the same shape, driven by pytest-kind with what the lab pins, never its downloads."""
    directory = tmp_path_factory.mktemp("foreign")
    config, kubectl = directory / "kind.yaml", shell.find("kubectl")
    assert kubectl is not None
    config.write_text(yaml.safe_dump(creation.configuration()))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)  # it makes a directory .pytest-kind wherever it is
        cluster = KindCluster(
            f"k-foreign-{uuid.uuid4().hex[:6]}",
            kubeconfig=directory / "kubeconfig",
            image=creation.node_image(),
            kind_path=program.find(lambda line: None),
            kubectl_path=Path(kubectl),
        )
    try:
        cluster.create(config)
        yield cluster
    finally:
        cluster.delete()  # type: ignore[no-untyped-call]


@pytest.fixture
def untouched(foreign: KindCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The foreign cluster is the one in KUBECONFIG, and the same afterwards, byte for byte."""
    monkeypatch.setenv("KUBECONFIG", str(foreign.kubeconfig_path))

    def look() -> tuple[bytes, list[str]]:
        told = "--format={{.Id}} {{.State.StartedAt}} {{.State.Pid}}"
        state = docker("inspect", told, f"{foreign.name}-control-plane")
        return foreign.kubeconfig_path.read_bytes(), state

    before, volumes = look(), set(docker("volume", "ls", "--quiet"))
    yield
    assert look() == before
    assert set(docker("volume", "ls", "--quiet")) == volumes


@pytest.fixture
def name(untouched: None) -> Iterator[str]:
    """A name for a lab; whatever the test makes of it is deleted."""
    name = f"k-{uuid.uuid4().hex[:8]}"
    yield name
    provider("kind").delete(name)
    assert_nothing_remains(name)


@pytest.fixture
def lab() -> Lab:
    """Run `lab` to its end."""

    def run(*arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        return subprocess.run([LAB, *arguments], capture_output=True, text=True, timeout=seconds, check=False)

    return run


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `lab` and go on; whatever still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def go(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [LAB, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ}
        )
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate()
