"""The small process that starts a cluster's nodes, waits for their end, and removes what outlives them.

Runs as root on the host, one a cluster, and is the only part of the lab that needs to. Its standard input is a pipe
from the process that asked for the cluster. A line ``api`` on it, once the API server is ready, starts what needs it.
Until a line ``keep`` the end of the pipe is the end of the cluster, so a lab killed at any moment leaves nothing.
Killing the keeper itself ends the nodes and the registry (the kernel sends them SIGKILL), and the next ``lab``
command removes the link and the cgroups from the record.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from types import FrameType

from lab_helpers import shell
from lab_helpers.cluster import control
from lab_helpers.cluster.embedded import cgroups, image_store, network, trial
from lab_helpers.cluster.embedded.spec import ClusterSpec, NodeSpec

__all__ = ["clean", "main"]


class _End(Enum):
    """Why a cluster ends."""

    ASKED = auto()
    OWNER_GONE = auto()
    NODE_GONE = auto()


def main() -> int:
    """Keep the cluster described in the file ``argv[2]``, or, with ``clean`` as ``argv[1]``, remove what it left."""
    verb, spec = sys.argv[1], ClusterSpec.read(Path(sys.argv[2]))
    if verb == "clean":
        clean(spec)
        _forget(spec)
        return 0
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return Keeper(spec).run()


def clean(spec: ClusterSpec) -> None:
    """Remove the link and the cgroups of a cluster whose processes are gone or dying."""
    network.remove_link(spec.link)
    for node in spec.nodes:
        cgroups.remove(node.cgroup)


def _forget(spec: ClusterSpec) -> None:
    control.forget(Path(spec.directory), Path(spec.record))


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


class Keeper:
    """Runs one cluster.

    Args:
        spec: What to run.
    """

    def __init__(self, spec: ClusterSpec) -> None:
        self._spec = spec
        self._processes: list[subprocess.Popen[str]] = []
        self._nodes: list[subprocess.Popen[str]] = []
        self._control = self._listen()

    def run(self) -> int:
        """Keep the cluster until it is to end, then end it; the exit status tells whether it ended by itself."""
        clean(self._spec)
        end = _End.OWNER_GONE
        client = None
        try:
            self._start()
            end, client = self._wait()
        finally:
            self._end()
            if end is not _End.NODE_GONE:  # what it logged is what explains a node's end
                _forget(self._spec)
            if client is not None:
                with client, suppress(BrokenPipeError):
                    client.sendall(b"deleted\n")
        return int(end is _End.NODE_GONE)

    def _listen(self) -> socket.socket:
        # Relative, because a socket's path may be 108 bytes long and a home directory longer.
        path = Path(self._spec.control)
        os.chdir(path.parent)
        path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path.name)
        path.chmod(0o600)
        os.chown(path, *self._spec.owner)
        listening.listen()
        return listening

    def _start(self) -> None:
        bridge = self._run(["unshare", "--net", "--", "sleep", "infinity"])
        network.wait_own_namespace(bridge.pid)
        nodes = [(node, self._run_node(node)) for node in self._spec.nodes]
        network.connect_host(self._spec, bridge.pid)
        self._run(network.inside(bridge.pid, self._spec.registry), log="registry")
        for node, process in nodes:
            network.wait_own_namespace(process.pid)
            network.connect_node(self._spec, node, bridge.pid, process.pid)
            self._nodes.append(process)
        self._tell_nodes("network")

    def _tell_nodes(self, line: str) -> None:
        for process in self._nodes:
            assert process.stdin is not None
            process.stdin.write(f"{line}\n")
            process.stdin.flush()

    def _run_node(self, node: NodeSpec) -> subprocess.Popen[str]:
        cgroups.create(node.cgroup)
        if node.image_store:
            image_store.link(Path(node.image_store), Path(node.image_directory))
        program = [sys.executable, "-I", "-m", "lab_helpers.cluster.embedded.node", sys.argv[2], node.name]
        return self._run([*trial.NAMESPACES, *program], log=node.name, stdin=subprocess.PIPE)

    def _run(self, argv: list[str], *, log: str = "keeper", stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        with (Path(self._spec.logs) / f"{log}.log").open("a") as output:
            process = shell.start(argv, stdin=stdin, stdout=output, stderr=output, new_session=True)
        self._processes.append(process)
        return process

    def _wait(self) -> tuple[_End, socket.socket | None]:
        """Wait for the first reason to end; with the client that asked for it, if one did."""
        with selectors.DefaultSelector() as selector:
            selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._hear_owner)
            selector.register(self._control, selectors.EVENT_READ, self._hear_client)
            for process in self._processes:
                selector.register(os.pidfd_open(process.pid), selectors.EVENT_READ, lambda _: (_End.NODE_GONE, None))
            while True:
                for key, _ in selector.select():
                    heard: tuple[_End, socket.socket | None] | None = key.data(selector)
                    if heard is not None:
                        return heard

    def _hear_owner(self, selector: selectors.BaseSelector) -> tuple[_End, None] | None:
        heard = os.read(sys.stdin.fileno(), 64)
        for line in heard.decode().split():
            if line == "keep":
                selector.unregister(sys.stdin.fileno())
            else:
                self._tell_nodes(line)
        return None if heard else (_End.OWNER_GONE, None)

    def _hear_client(self, _selector: selectors.BaseSelector) -> tuple[_End, socket.socket] | None:
        client = control.accept_request(self._control)
        return None if client is None else (_End.ASKED, client)

    def _end(self) -> None:
        control.say_ending(Path(self._spec.control))
        for process in reversed(self._processes):
            _kill_tree(process)
        for process in self._processes:
            process.wait()
        clean(self._spec)


def _kill_tree(process: subprocess.Popen[str]) -> None:
    """Kill the first process of a node rather than its starter, which then ends only when all of the node has."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    with suppress(OSError):
        first = [int(pid) for pid in children.read_text().split()]
        for pid in first:
            os.kill(pid, signal.SIGKILL)
        if first:
            return
    process.kill()


if __name__ == "__main__":
    sys.exit(main())
