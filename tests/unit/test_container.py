"""In a container of the lab's image: where a room listens, and whether what is done there is kept."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab_helpers import container

_ROUTES = "Iface\tDestination\tGateway\neth0\t00000000\t010011AC\neth0\t000011AC\t00000000\n"
_VOLUME = "644 613 254:0 /var/lib/docker/volumes/{name}/_data /home rw,relatime - ext4 /dev/vda rw\n"


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The links and the routes of a container with a network of its own."""
    monkeypatch.setenv(container.LAB_CONTAINER, "1")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    standard = SimpleNamespace(socket=_Socket, AF_INET=socket.AF_INET, SOCK_DGRAM=socket.SOCK_DGRAM)
    monkeypatch.setattr(container, "socket", standard)
    (tmp_path / "net" / "eth0").mkdir(parents=True)
    (tmp_path / "route").write_text(_ROUTES)
    return tmp_path / "net", tmp_path / "route"


class _Socket:
    """A socket that knows a way everywhere, from 172.17.0.2."""

    def __init__(self, *_kind: int) -> None: ...

    def __enter__(self) -> _Socket:
        return self

    def __exit__(self, *_error: object) -> None: ...

    def connect(self, _address: object) -> None: ...

    def getsockname(self) -> tuple[str, int]:
        return "172.17.0.2", 40000


def test_a_container_listens_where_docker_forwards_to(network: tuple[Path, Path]) -> None:
    assert container.address(*network) == "172.17.0.2"


def test_a_machine_listens_on_loopback_only(network: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(container.LAB_CONTAINER)
    assert container.address(*network) == "127.0.0.1"


@pytest.mark.parametrize("device", ["eth0", "enp1s0"])
def test_a_container_in_the_hosts_network_is_not_offered_to_others(network: tuple[Path, Path], device: str) -> None:
    """There the default route may lead over a bridge, to which the device belongs."""
    (network[0] / device / "device").mkdir(parents=True)
    assert container.address(*network) == "127.0.0.1"


def test_a_pod_listens_where_a_port_is_forwarded_to(
    network: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    assert container.address(*network) == "127.0.0.1"


@pytest.mark.parametrize("routes", ["Iface\tDestination\n", "Iface\tDestination\neth0\t000011AC\t00000000\n"])
def test_a_container_without_a_network_listens_on_loopback(network: tuple[Path, Path], routes: str) -> None:
    network[1].write_text(routes)
    assert container.address(*network) == "127.0.0.1"


@pytest.mark.parametrize(
    ("mounts", "is_volume"),
    [
        (_VOLUME.format(name="lab"), True),
        ("644 613 254:0 /home/kim/lab /home rw - ext4 /dev/vda rw\n", True),
        (_VOLUME.format(name="0a" * 32), False),
        ("613 1 0:61 / / rw - overlay overlay rw\n", False),
    ],
)
def test_work_is_kept_in_what_has_a_name(
    mounts: str, is_volume: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home")
    (tmp_path / "mountinfo").write_text(mounts)
    assert container.keeps_home(tmp_path / "mountinfo") is is_volume
