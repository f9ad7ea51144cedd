"""The small process that starts a cluster's nodes, waits for their end, and removes what outlives them.

Runs as root on the host, one a cluster, and is the only part of the lab that needs to. Its standard input is a pipe
from the process that asked for the cluster. A line ``api`` on it, once the API server is ready, starts what needs it.
Until a line ``keep`` the end of the pipe is the end of the cluster, so a lab killed at any moment leaves nothing.
Killing the keeper itself ends the nodes and the host's services, the registry among them (the kernel sends them
SIGKILL), and the next ``lab`` command removes the link and the cgroups from the record. A service that ends is started
again, as a node's programs are by its first process. Nodes that join and leave meanwhile are ``workers``, and so are
the servers where there are several, for no one of them is the cluster's end; the state of all nodes is taken and given
back by ``rewinding``; commands on a node are ``sessions``.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType

from lab_helpers.cluster import control
from lab_helpers.cluster.embedded import cgroups, image_store, members, network, relay, remains, trial
from lab_helpers.cluster.embedded.layout import EmbeddedLayout, NodeLayout
from lab_helpers.cluster.embedded.parts import Parts
from lab_helpers.cluster.embedded.processes import tell
from lab_helpers.cluster.embedded.rewinding import VERBS as REWINDING
from lab_helpers.cluster.embedded.rewinding import Rewinder
from lab_helpers.cluster.embedded.selecting import ready_keys
from lab_helpers.cluster.embedded.sessions import EXECUTE, Sessions
from lab_helpers.cluster.embedded.spec import ClusterSpec, NodeSpec
from lab_helpers.cluster.embedded.workers import VERBS, Workers
from lab_helpers.cluster.lifeline import Holders, leave_end
from lab_helpers.cluster.loss import ASKED, FULL, KEEPER, OWNER_GONE, End, is_full
from lab_helpers.cluster.restarts import Restarted

__all__ = ["main"]


def main() -> int:
    """``keep SPEC`` keeps the cluster that the file describes, ``clean NAME DIRECTORY RECORD`` removes what it left."""
    verb, *arguments = sys.argv[1:]
    if verb == "clean":
        name, directory, record = arguments
        remains.remove(name, Path(directory), Path(record))
        return 0
    spec = ClusterSpec.read(Path(arguments[0]))
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return EmbeddedKeeper(spec).run()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


class EmbeddedKeeper:
    """Runs one cluster.

    Args:
        spec: What to run.
    """

    def __init__(self, spec: ClusterSpec) -> None:
        self._spec = spec
        self._selector = selectors.DefaultSelector()
        self._parts = Parts(Path(spec.logs), self._selector)
        self._services: dict[str, Restarted] = {}
        self._holders = Holders()
        self._nodes: list[subprocess.Popen[str]] = []
        layout = EmbeddedLayout(spec.name, Path(spec.directory), network=0)  # for names and files only
        self._rewinder = Rewinder(layout, self, self._selector)
        self._sessions = Sessions(lambda name: self._workers.pid(name), self._selector)
        self._control = self._listen()

    def run(self) -> int:
        """Keep the cluster until it is to end, then end it; the exit status tells whether it ended by itself."""
        self._clean()
        end = End(OWNER_GONE)
        client = None
        try:
            end, client = self._keep()
        finally:
            self._holders.tell(end)
            leave_end(Path(self._spec.control), end)  # before anybody can find it ended
            self._end()
            ended_by_itself = end.cause not in (ASKED, OWNER_GONE)
            if not ended_by_itself:  # else what it logged is what explains it
                control.forget(Path(self._spec.directory), Path(self._spec.record))
            if client is not None:
                with client, suppress(BrokenPipeError):
                    client.sendall(b"deleted\n")
        return int(ended_by_itself)

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
        served = (service.forward for service in self._spec.services if service.forward is not None)
        for forward in (self._spec.api, *self._spec.entries, *served):
            relay.serve(forward, self._spec.link)
        self._bridge = self._parts.start("bridge", ["unshare", "--net", "--", "sleep", "infinity"])
        network.wait_own_namespace(self._bridge.pid)
        nodes = self._run_nodes()
        network.connect_host(self._spec, self._bridge.pid)
        for service in self._spec.services:
            start = partial(self._parts.start, service.name, network.inside(self._bridge.pid, service.argv))
            self._services[service.name] = Restarted(service.name, start, self._selector)
        self._parts.watch("bridge", self._lose)
        self._connect_nodes(nodes)
        for name in self._spec.servers:
            self._workers.rejoin(name)

    def running(self) -> Iterator[tuple[str, int]]:
        """Each node that runs, the first before others, with the starter of its first process."""
        return ((node.name, pid) for node, pid in self._workers.running())

    def stop(self) -> None:
        """End all nodes, and with them no cluster; and the services, which begin again by themselves."""
        self._workers.stop()
        for node in self._spec.nodes:
            self._parts.end(node.name)
            network.remove_port(node, self._bridge.pid)
            cgroups.remove(node.cgroup)
        for service in self._services.values():
            service.process.kill()
            service.process.wait()

    def start(self, joined: Sequence[NodeLayout]) -> None:
        """Start the first node again, and those that had joined."""
        self._connect_nodes(self._run_nodes())
        for node in joined:
            self._workers.rejoin(node.name)

    def tell_api(self) -> None:
        """Tell the nodes that the API server is ready."""
        self._tell_nodes("api")
        self._workers.tell_api()

    def _run_nodes(self) -> list[tuple[NodeSpec, subprocess.Popen[str]]]:
        return [(node, self._run_node(node, Path(sys.argv[2]))) for node in self._spec.nodes]

    def _connect_nodes(self, nodes: list[tuple[NodeSpec, subprocess.Popen[str]]]) -> None:
        for node, process in nodes:
            network.wait_own_namespace(process.pid)
            network.connect_node(self._spec, node, self._bridge.pid, process.pid)
            self._parts.watch(node.name, self._lose)
        self._nodes = [process for _node, process in nodes]
        self._tell_nodes("network")
        self._workers = Workers(self._spec, self._bridge.pid, nodes, self._run_node, self._selector)

    def _tell_nodes(self, line: str) -> None:
        for process in self._nodes:
            tell(process, line)

    def _run_node(self, node: NodeSpec, spec: Path) -> subprocess.Popen[str]:
        cgroups.create(node.cgroup)
        if node.image_store and not Path(node.image_directory).exists():  # else it has run, and has its own
            image_store.link(Path(node.image_store), Path(node.image_directory))
        program = [sys.executable, "-I", "-m", "lab_helpers.cluster.embedded.node", str(spec), node.name]
        return self._parts.start(node.name, [*trial.NAMESPACES, *program], stdin=subprocess.PIPE)

    def _keep(self) -> tuple[End, socket.socket | None]:
        try:
            self._start()
            return self._wait()
        except Exception as error:  # noqa: BLE001 - whatever it is ends the cluster, and its files say why
            traceback.print_exc()
            return End(KEEPER, 1, f"{type(error).__name__}: {error}"), None

    def _wait(self) -> tuple[End, socket.socket | None]:
        """Wait for the first reason to end; with the client that asked for it, if one did."""
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._hear_owner)
        self._selector.register(self._control, selectors.EVENT_READ, self._hear_client)
        while True:
            for key in ready_keys(self._selector, self._seconds_left()):
                heard: tuple[End, socket.socket | None] | None
                heard = self._revive(key.data) if isinstance(key.data, Restarted) else key.data()
                if heard is not None:
                    return heard
            for service in self._services.values():
                if service.seconds_left == 0:
                    service.begin()

    def _hear_owner(self) -> tuple[End, None] | None:
        heard = os.read(sys.stdin.fileno(), 64)
        for line in heard.decode().split():
            if line == "keep":
                self._selector.unregister(sys.stdin.fileno())
            else:
                self.tell_api()
        return None if heard else (End(OWNER_GONE), None)

    def _hear_client(self) -> tuple[End, socket.socket | None] | None:
        request = control.accept_request(self._control, self._holders, VERBS | REWINDING | {EXECUTE, members.LIST})
        if request is None:
            return None
        if request.verb == control.DELETE:
            return End(ASKED), request.client
        if request.verb in REWINDING:
            end = self._rewinder.answer(request)
            return None if end is None else (end, None)
        if request.verb == EXECUTE:
            self._sessions.begin(request)
        elif request.verb == members.LIST:
            members.answer(request.client, self._servers())
        else:
            self._workers.answer(request)
        return None

    def _servers(self) -> dict[str, int]:
        """The nodes that are to have a member of etcd, each with the starter of its first process, or 0."""
        running = dict(self.running())
        return {name: running.get(name, 0) for name in self._spec.servers or [node.name for node in self._spec.nodes]}

    def _seconds_left(self) -> float | None:
        """Until the next service is to begin again; None where all of them run."""
        times = (service.seconds_left for service in self._services.values())
        return min((seconds for seconds in times if seconds is not None), default=None)

    def _revive(self, service: Restarted) -> tuple[End, None] | None:
        return None if service.has_ended() else self._lose(service.name)

    def _lose(self, part: str) -> tuple[End, None] | None:
        """Take the end of a part, which nothing starts again, for the cluster's."""
        end = self._parts.end_of(part)
        if end is None:
            return None  # it was the one before, which ended as it was to be replaced
        return replace(end, cause=FULL) if is_full(Path(self._spec.directory)) else end, None

    def _end(self) -> None:
        control.say_ending(Path(self._spec.control))
        self._parts.end_all()
        self._clean()

    def _clean(self) -> None:
        remains.clean(self._spec.name, Path(self._spec.directory))


if __name__ == "__main__":
    sys.exit(main())
