"""What the keeper and a node are told to run: plain values that travel as JSON from the lab to root's processes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lab_helpers import files

__all__ = ["Balanced", "ClusterSpec", "Forward", "HostService", "NodeService", "NodeSpec"]


@dataclass(frozen=True)
class NodeService:
    """A program a node runs.

    Attributes:
        name: Also the name of its log.
        argv: The program, by absolute path, and its arguments.
        once: Whether it runs to its end once; otherwise it is started again when it ends.
        after_api: Whether it is started only when the API server is ready: before, it would take processor time from
            it, be refused for roles that do not exist yet, and sleep through the moment they do.
        environment: Variables added to the node's.
    """

    name: str
    argv: list[str]
    once: bool = False
    after_api: bool = False
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NodeSpec:
    """A node.

    Attributes:
        name: Its name in the cluster.
        address: On the lab's bridge.
        pod_range: The addresses of its pods.
        mountpoint: Where its root is put together.
        mounts: What it sees at which absolute path: ``{"/data": "/home/…/node-1/data"}``.
        needs: Paths of the host that it must see where they lie, and may not change.
        cgroup: Its cgroup.
        logs: Where its programs print to.
        services: What it runs.
        image_store: A store of images to begin with; empty where it imports them itself.
        image_directory: Where it keeps its own.
    """

    name: str
    address: str
    pod_range: str
    mountpoint: str
    mounts: dict[str, str]
    needs: list[str]
    cgroup: str
    logs: str
    services: list[NodeService]
    image_store: str
    image_directory: str


@dataclass(frozen=True)
class Forward:
    """A way from this machine into the lab.

    Attributes:
        listen: An address and a port of this machine's loopback.
        target: Where it leads, on the lab's bridge.
    """

    listen: tuple[str, int]
    target: tuple[str, int]


@dataclass(frozen=True)
class Balanced:
    """One address on the lab's bridge for several servers (see ``balancer``).

    Attributes:
        listen: The address and port.
        targets: Those of the servers.
        authority: The certificate of who signed theirs, where they are API servers that say whether they are ready;
            empty where that they take connections has to do.
    """

    listen: tuple[str, int]
    targets: list[tuple[str, int]]
    authority: str = ""


@dataclass(frozen=True)
class HostService:
    """A program of the host that serves the lab, on the lab's bridge and in no other network.

    Attributes:
        name: Also the name of its log.
        argv: The program, and its arguments.
        forward: From this machine to where it listens; None where only nodes ask it.
    """

    name: str
    argv: list[str]
    forward: Forward | None


@dataclass(frozen=True)
class ClusterSpec:
    """A cluster as its keeper sees it.

    Attributes:
        name: The lab's name.
        directory: What is removed when it is deleted.
        record: The record that is removed with it.
        owner: User and group id of who may ask the keeper for something.
        link: The host's end of the link to the bridge.
        host_address: The host on the bridge, with its prefix length.
        bridge_address: The bridge, with its prefix length.
        api: From this machine to the API server.
        entries: From this machine to the servers' ports for requests from outside.
        control: The keeper's socket.
        logs: Where the keeper and the services print to.
        services: What the host serves the lab with.
        nodes: The node that it ends with; none where it has several servers.
        servers: The names of those: each has a file of its own, and may end and be started again.
    """

    name: str
    directory: str
    record: str
    owner: tuple[int, int]
    link: str
    host_address: str
    bridge_address: str
    api: Forward
    entries: list[Forward]
    control: str
    logs: str
    services: list[HostService]
    nodes: list[NodeSpec]
    servers: list[str]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        files.write(path, json.dumps(asdict(self), indent=2))

    @classmethod
    def read(cls, path: Path) -> ClusterSpec:
        """Read what ``write`` wrote."""
        content = json.loads(path.read_text())
        content["owner"] = tuple(content["owner"])
        content["api"] = _forward(content["api"])
        content["entries"] = list(map(_forward, content["entries"]))
        content["services"] = [
            HostService(**{**service, "forward": service["forward"] and _forward(service["forward"])})
            for service in content["services"]
        ]
        content["nodes"] = [
            NodeSpec(**{**node, "services": [NodeService(**service) for service in node["services"]]})
            for node in content["nodes"]
        ]
        return cls(**content)


def _forward(content: Mapping[str, Sequence[Any]]) -> Forward:
    listen, target = content["listen"], content["target"]
    return Forward((listen[0], listen[1]), (target[0], target[1]))
