"""The nodes that join a running cluster and leave it, as its keeper holds them: none of them is the cluster's end.

Asked for on the keeper's socket. A node that was added belongs to whoever asked for it until the line ``keep``: with
the connection goes the node, so that whoever is killed meanwhile leaves nothing. One that is started again after its
end is as dead as before, then, and keeps its files.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lab_helpers.cluster import restarts
from lab_helpers.cluster.control import Request, say
from lab_helpers.cluster.embedded import cgroups, network
from lab_helpers.cluster.embedded.layout import EmbeddedLayout, NodeLayout
from lab_helpers.cluster.embedded.processes import kill_tree, tell
from lab_helpers.cluster.embedded.spec import ClusterSpec, NodeSpec
from lab_helpers.errors import LabError

__all__ = ["ADD", "KILL", "LIST", "REMOVE", "START", "VERBS", "Workers"]

ADD, REMOVE, LIST = "node-add", "node-remove", "nodes"
KILL, START = "node-kill", "node-start"
VERBS = frozenset({ADD, REMOVE, LIST, KILL, START})
"""What can be asked: with the name of a node, but for the list."""


@dataclass
class _Worker:
    """A node that joined.

    Attributes:
        spec: What it runs.
        process: The starter of its first process.
        ended: Readable once it has ended; negative once nobody waits for it.
        started: When, on the monotonic clock.
        owner: The connection with which it goes; None once it is kept.
        is_new: Whether it has no files but those of this start, so that all of it goes with the owner.
    """

    spec: NodeSpec
    process: subprocess.Popen[str]
    ended: int
    owner: socket.socket | None
    is_new: bool
    started: float = field(default_factory=time.monotonic)

    @property
    def runs(self) -> bool:
        return self.process.poll() is None


class Workers:
    """Starts nodes beside those a cluster began with, and ends them.

    Args:
        spec: The cluster.
        bridge_pid: A process in the bridge's network namespace.
        first: The nodes the cluster began with, each with the starter of its first process.
        start: Starts a node of the specification in a file.
        selector: Wakes the keeper, which calls what is registered there.
    """

    def __init__(
        self,
        spec: ClusterSpec,
        bridge_pid: int,
        first: Sequence[tuple[NodeSpec, subprocess.Popen[str]]],
        start: Callable[[NodeSpec, Path], subprocess.Popen[str]],
        selector: selectors.BaseSelector,
    ) -> None:
        self._spec = spec
        self._layout = EmbeddedLayout(spec.name, Path(spec.directory), network=0)  # for names and files only
        self._bridge_pid = bridge_pid
        self._first = first
        self._start = start
        self._selector = selector
        self._workers: dict[str, _Worker] = {}
        self._is_api_ready = False

    def answer(self, request: Request) -> None:
        """Do what is asked, and say so; what cannot be done is said too, and the cluster goes on."""
        verbs = {
            ADD: self._add,
            REMOVE: self._remove,
            LIST: self._list,
            KILL: self._kill,
            START: self._start_again,
        }
        try:
            reply = verbs[request.verb](request)
        except (LabError, OSError, ValueError, TypeError, LookupError) as error:
            reply = f"failed {' '.join(str(error).split())}"
        say(request.client, reply)
        worker = self._workers.get(request.name)
        if worker is None or worker.owner is not request.client:
            request.client.close()

    def pid(self, name: str) -> int:
        """A process in the namespaces of the node of that name.

        Raises:
            LabError: No such node runs.
        """
        for node, pid in self.running():
            if node.name == name:
                return pid
        raise LabError("does not run", object=name)

    def running(self) -> Iterator[tuple[NodeSpec, int]]:
        """Each node that runs, those the cluster began with first, with the starter of its first process."""
        yield from ((node, process.pid) for node, process in self._first)
        yield from ((worker.spec, worker.process.pid) for worker in self._workers.values() if worker.runs)

    def stop(self) -> None:
        """End all nodes that joined; what they keep on disk stays."""
        for worker in self._workers.values():
            self._release(worker)
            self._cut_off(worker)
            cgroups.remove(worker.spec.cgroup)
        self._workers.clear()

    def rejoin(self, name: str) -> None:
        """Start a node that has files and is nobody's but the cluster's."""
        self._join(self._node(name), None, is_new=False)

    def tell_api(self) -> None:
        """Tell the nodes, and those that are started later, that the API server is ready."""
        self._is_api_ready = True
        for worker in self._workers.values():
            if worker.runs:
                tell(worker.process, "api")

    def _list(self, _request: Request) -> str:
        states = {node.name: True for node, _process in self._first}
        return json.dumps(states | {name: worker.runs for name, worker in self._workers.items()})

    def _add(self, request: Request) -> str:
        node = self._node(request.name)
        if node.name in self._workers:
            raise LabError("is there already", object=node.name)
        self._join(node, request.client, is_new=True)
        return "started"

    def _start_again(self, request: Request) -> str:
        node = self._node(request.name)
        ended = self._workers.get(node.name)
        if ended is None or ended.runs:
            raise LabError("has not ended", object=node.name)
        self._release(ended)
        cgroups.remove(node.cgroup)
        self._join(node, request.client, is_new=False)
        return "started"

    def _join(self, node: NodeLayout, owner: socket.socket | None, *, is_new: bool) -> None:
        """Start a node and connect it; it goes with its owner, if it has one."""
        (spec,) = ClusterSpec.read(node.spec).nodes
        network.remove_port(spec, self._bridge_pid)
        process = self._start(spec, node.spec)
        worker = _Worker(spec, process, os.pidfd_open(process.pid), owner, is_new)
        self._workers[node.name] = worker
        try:
            self._connect(worker)
        except BaseException:
            self._give_up(node, worker)
            raise
        self._selector.register(worker.ended, selectors.EVENT_READ, partial(self._note_end, worker))
        if owner is not None:
            self._selector.register(owner, selectors.EVENT_READ, partial(self._hear_owner, node, worker))

    def _connect(self, worker: _Worker) -> None:
        network.wait_own_namespace(worker.process.pid)
        network.connect_node(self._spec, worker.spec, self._bridge_pid, worker.process.pid)
        network.connect_pods(self.running())
        tell(worker.process, "network")
        if self._is_api_ready:
            tell(worker.process, "api")

    def _hear_owner(self, node: NodeLayout, worker: _Worker) -> None:
        """Keep a node, or end it with whoever asked for it."""
        assert worker.owner is not None
        heard = b""
        with suppress(OSError):
            heard = worker.owner.recv(64)
        if heard.strip() != b"keep":
            try:
                self._give_up(node, worker)
            except (LabError, OSError) as error:  # nobody is there to be told; who adds it again removes the rest
                print(f"{node.name}: {error}", flush=True)  # noqa: T201 - the keeper's log
            return
        owner, worker.owner = worker.owner, None
        self._selector.unregister(owner)
        with owner:
            say(owner, "kept")

    def _note_end(self, worker: _Worker) -> None:
        """A node has ended by itself: it is said in the log, and it is there until somebody removes it."""
        self._selector.unregister(worker.ended)
        restarts.note(worker.spec.name, worker.process.wait(), time.monotonic() - worker.started)

    def _give_up(self, node: NodeLayout, worker: _Worker) -> None:
        """End a node that nobody keeps, and remove what was not there before its start."""
        if worker.is_new:
            self._end(node)
            return
        self._cut_off(worker)
        owner, worker.owner = worker.owner, None
        with suppress(KeyError, ValueError):
            self._selector.unregister(owner)  # type: ignore[arg-type]
        if owner is not None:
            owner.close()

    def _kill(self, request: Request) -> str:
        node = self._node(request.name)
        worker = self._workers.get(node.name)
        if worker is None or not worker.runs:
            raise LabError("does not run", object=node.name)
        self._cut_off(worker)
        return "killed"

    def _cut_off(self, worker: _Worker) -> None:
        """End a node as if its power went: nothing of it says goodbye, not even the kernel to those it talked to."""
        network.remove_port(worker.spec, self._bridge_pid)
        kill_tree(worker.process)
        worker.process.wait()

    def _remove(self, request: Request) -> str:
        self._end(self._node(request.name))
        return "removed"

    def _end(self, node: NodeLayout) -> None:
        """End a node, where it still runs, and remove all that it owns; none of it is no error."""
        worker = self._workers.pop(node.name, None)
        if worker is not None:
            self._release(worker)
            kill_tree(worker.process)
            worker.process.wait()
            network.remove_port(worker.spec, self._bridge_pid)
            network.disconnect_pods(worker.spec, (pid for _spec, pid in self.running()))
        cgroups.remove(node.cgroup)
        shutil.rmtree(node.directory, ignore_errors=True)

    def _release(self, worker: _Worker) -> None:
        for registered in (worker.ended, worker.owner):
            with suppress(KeyError, ValueError):
                self._selector.unregister(registered)  # type: ignore[arg-type]
        if worker.ended >= 0:  # once: its number may be somebody else's by then
            os.close(worker.ended)
            worker.ended = -1
        if worker.owner is not None:
            worker.owner.close()

    def _node(self, name: str) -> NodeLayout:
        node = self._layout.node_named(name)
        if node is None or node.name in (first.name for first, _process in self._first):
            raise LabError("is no node that joins or leaves", object=name)
        return node
