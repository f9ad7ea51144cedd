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
from functools import partial
from pathlib import Path
from types import FrameType

from lab_helpers import shell
from lab_helpers.cluster import control
from lab_helpers.cluster.embedded import cgroups, image_store, members, network, relay, trial
from lab_helpers.cluster.embedded.layout import EmbeddedLayout, NodeLayout
from lab_helpers.cluster.embedded.rewinding import VERBS as REWINDING
from lab_helpers.cluster.embedded.rewinding import Rewinder
from lab_helpers.cluster.embedded.selecting import ready_keys
from lab_helpers.cluster.embedded.sessions import EXECUTE, Sessions
from lab_helpers.cluster.embedded.spec import ClusterSpec, NodeSpec
from lab_helpers.cluster.embedded.workers import VERBS, Workers, kill_tree, tell
from lab_helpers.cluster.lifeline import Holders, leave_end
from lab_helpers.cluster.loss import ASKED, FULL, KEEPER, OWNER_GONE, End, is_full
from lab_helpers.cluster.restarts import Restarted

__all__ = ["main", "remove_remains"]

# All that util-linux 2.38 says, with an exit status of 1, of a child that was killed.
_UNSHARE_OF_SIGKILL = "unshare: sigprocmask unblock failed"
_LINES_TOLD = 5  # of what a part printed that ended


def main() -> int:
    """``keep SPEC`` keeps the cluster that the file describes, ``clean NAME DIRECTORY RECORD`` removes what it left."""
    verb, *arguments = sys.argv[1:]
    if verb == "clean":
        name, directory, record = arguments
        remove_remains(name, Path(directory), Path(record))
        return 0
    spec = ClusterSpec.read(Path(arguments[0]))
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return EmbeddedKeeper(spec).run()


def remove_remains(name: str, directory: Path, record: Path) -> None:
    """Remove all that is left of a cluster whose processes are gone.

    Its specification is not read: another version of the lab may have written it, or somebody broken it.

    Args:
        name: The lab's name.
        directory: The cluster's.
        record: The cluster's.
    """
    _clean(name, directory)
    control.forget(directory, record)


def _clean(name: str, directory: Path) -> None:
    """Remove the link and the cgroups of a cluster whose processes are gone or dying."""
    layout = EmbeddedLayout(name, directory, network=0)  # no network has part in what is removed
    network.remove_link(layout.link)
    for cgroup in cgroups.beginning(layout.cgroups):
        cgroups.remove(cgroup)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


class EmbeddedKeeper:
    """Runs one cluster.

    Args:
        spec: What to run.
    """

    def __init__(self, spec: ClusterSpec) -> None:
        self._spec = spec
        self._parts: dict[str, subprocess.Popen[str]] = {}
        self._selector = selectors.DefaultSelector()
        self._services: dict[str, Restarted] = {}
        self._holders = Holders()
        self._nodes: list[subprocess.Popen[str]] = []
        self._ended: dict[str, int] = {}
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
            self._start()
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
        bridge = self._run("bridge", ["unshare", "--net", "--", "sleep", "infinity"])
        network.wait_own_namespace(bridge.pid)
        nodes = self._run_nodes()
        network.connect_host(self._spec, bridge.pid)
        for service in self._spec.services:
            start = partial(self._run, service.name, network.inside(bridge.pid, service.argv))
            self._services[service.name] = Restarted(service.name, start, self._selector)
        self._watch("bridge")
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
            ended, process = self._ended.pop(node.name), self._parts.pop(node.name)
            self._selector.unregister(ended)
            os.close(ended)
            kill_tree(process)
            process.wait()
            network.remove_port(node, self._parts["bridge"].pid)
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
        bridge_pid = self._parts["bridge"].pid
        for node, process in nodes:
            network.wait_own_namespace(process.pid)
            network.connect_node(self._spec, node, bridge_pid, process.pid)
            self._watch(node.name)
        self._nodes = [process for _node, process in nodes]
        self._tell_nodes("network")
        self._workers = Workers(self._spec, bridge_pid, nodes, self._run_node, self._selector)

    def _watch(self, part: str) -> None:
        """Take the end of a part, which nothing starts again, for the cluster's."""
        self._ended[part] = os.pidfd_open(self._parts[part].pid)
        self._selector.register(self._ended[part], selectors.EVENT_READ, partial(self._lose, part))

    def _tell_nodes(self, line: str) -> None:
        for process in self._nodes:
            tell(process, line)

    def _run_node(self, node: NodeSpec, spec: Path) -> subprocess.Popen[str]:
        cgroups.create(node.cgroup)
        if node.image_store and not Path(node.image_directory).exists():  # else it has run, and has its own
            image_store.link(Path(node.image_store), Path(node.image_directory))
        program = [sys.executable, "-I", "-m", "lab_helpers.cluster.embedded.node", str(spec), node.name]
        return self._run(node.name, [*trial.NAMESPACES, *program], stdin=subprocess.PIPE)

    def _run(self, part: str, argv: list[str], *, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        with self._log(part).open("a") as output:
            process = shell.start(argv, stdin=stdin, stdout=output, stderr=output, new_session=True)
        self._parts[part] = process
        return process

    def _log(self, part: str) -> Path:
        return Path(self._spec.logs) / f"{part}.log"

    def _keep(self) -> tuple[End, socket.socket | None]:
        try:
            return self._wait()
        except Exception as error:  # noqa: BLE001 - a bug of the keeper ends the cluster, and its files say why
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
        if self._parts[part].poll() is None:
            return None  # it was the one before, which ended as it was to be replaced
        status = self._parts[part].wait()
        lines = self._log(part).read_text(errors="replace").splitlines()
        if lines and lines[-1].startswith(_UNSHARE_OF_SIGKILL):
            status = -signal.SIGKILL
            lines.pop()
        cause = FULL if is_full(Path(self._spec.directory)) else part
        return End(cause, status, "\n".join(lines[-_LINES_TOLD:])), None

    def _end(self) -> None:
        control.say_ending(Path(self._spec.control))
        for process in reversed(self._parts.values()):
            kill_tree(process)
        for process in self._parts.values():
            process.wait()
        self._clean()

    def _clean(self) -> None:
        _clean(self._spec.name, Path(self._spec.directory))


if __name__ == "__main__":
    sys.exit(main())
