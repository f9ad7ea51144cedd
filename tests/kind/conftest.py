"""A kind cluster that is not the lab's, in the user's own kubeconfig, and labs beside it that must leave it alone."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pytest_kind.cluster import KindCluster

from lab_helpers import paths, programs, shell
from lab_helpers.cluster.choose import provider
from lab_helpers.cluster.kind import creation
from tests.commands import Run, Start, run_lab, starting
from tests.kind.remains import assert_nothing_remains, daemon


@pytest.fixture(scope="session", autouse=True)
def _can_run_here() -> None:
    failed = [finding for finding in provider("kind").doctor() if not finding.ok]
    if failed:
        pytest.fail(f"no kind cluster on this machine: {failed[0].name}: {failed[0].seen}; next: make test-kind")


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home directory for these tests: the kubeconfig in it is the user's, as far as a lab can tell."""
    directory = tmp_path_factory.mktemp("home")
    (directory / ".kube").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(paths.cache_directory().parent))
        patch.setenv("HOME", str(directory))
        patch.delenv("KUBECONFIG", raising=False)
        yield directory


def driven(name: str, kubeconfig: Path, directory: Path) -> KindCluster:
    """A cluster in pytest-kind's hands, with the programs and the image the lab pins, never its downloads.

    Args:
        name: The cluster's name for kind.
        kubeconfig: Its kubeconfig.
        directory: Where pytest-kind may make its own, which stays empty.
    """
    kubectl = shell.find("kubectl")
    assert kubectl is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        return KindCluster(
            name,
            kubeconfig=kubeconfig,
            image=creation.node_image(),
            kind_path=programs.resolve(lambda line: None, "kind")["kind"],
            kubectl_path=Path(kubectl),
        )


@pytest.fixture(scope="session")
def foreign(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KindCluster]:
    """Somebody else's cluster of the same shape, in the user's own kubeconfig."""
    directory = tmp_path_factory.mktemp("foreign")
    config = directory / "kind.yaml"
    config.write_text(yaml.safe_dump(creation.configuration()))
    cluster = driven(f"k-foreign-{uuid.uuid4().hex[:6]}", home / ".kube/config", directory)
    try:
        cluster.create(config)
        yield cluster
    finally:
        cluster.delete()  # type: ignore[no-untyped-call]


@pytest.fixture
def untouched(foreign: KindCluster) -> Iterator[None]:
    """The foreign cluster and its kubeconfig are the same afterwards, byte for byte, and Docker has what it had."""

    def look() -> tuple[bytes, list[object]]:
        with daemon() as client:
            node = client.containers.get(f"{foreign.name}-control-plane")
            node_state = [node.id, node.attrs["State"], node.attrs["NetworkSettings"]["Networks"]]
            others = [
                sorted(str(item.id) for item in collection.list()) for collection in (client.networks, client.volumes)
            ]
            return foreign.kubeconfig_path.read_bytes(), [*node_state, *others]

    before = look()
    yield
    assert look() == before


@pytest.fixture
def name(untouched: None) -> Iterator[str]:
    """A name for a lab; whatever the test makes of it is deleted."""
    name = f"k-{uuid.uuid4().hex[:8]}"
    yield name
    provider("kind").delete(name)
    assert_nothing_remains(name)
    shutil.rmtree(paths.state_directory(name), ignore_errors=True)  # a learner's files, which a lab leaves alone


@pytest.fixture
def lab() -> Run:
    """Run `lab` to its end."""
    return run_lab


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `lab` and go on; whatever still runs at the end of the test is killed."""
    with starting() as start:
        yield start
