"""What a keeper does for checkpoints: copies the state of all nodes at one moment, and starts them from such a copy.

A copy is taken while no pod runs (their cgroups are frozen) and etcd is stopped, for as long as copying takes: what it
holds is what a machine holds that lost its power, and every database of the cluster is made for that. containerd's own
store stays out of it: images are named by their content. Going back forgets the containers, and the images that the
copy did not know by that name.
"""

from __future__ import annotations

import json
import selectors
import shutil
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from lab_helpers.cluster.checkpoints import check_name, unfinished
from lab_helpers.cluster.control import Request, say
from lab_helpers.cluster.embedded import cgroups, copies
from lab_helpers.cluster.embedded.layout import EmbeddedLayout, NodeLayout
from lab_helpers.cluster.embedded.processes import first_process, stopped
from lab_helpers.cluster.embedded.runtime import Runtime
from lab_helpers.cluster.loss import RESTORE, End
from lab_helpers.errors import LabError

__all__ = ["DISCARD", "GO_BACK", "SAVE", "VERBS", "Rewinder", "Runner"]

SAVE, GO_BACK, DISCARD = "checkpoint-save", "checkpoint-restore", "checkpoint-discard"
VERBS = frozenset({SAVE, GO_BACK, DISCARD})
"""What can be asked, each with the name of a checkpoint."""

_STATE = ("etcd", "data", "kubelet")  # what a node has gathered
_JOINED = ("etc", "spec.json")  # and what was written for one that joined
_IMAGES, _STORE = "images.json", "containerd"
_STORAGE = "registry/storage"
_STARTED = "started"
_SPARE_BYTES = 256 << 20  # left on the disk, for the cluster goes on


class Runner(Protocol):
    """Who runs the nodes of a cluster and its registry."""

    def running(self) -> Iterable[tuple[str, int]]:
        """Each node that runs, with the starter of its first process."""

    def stop(self) -> None:
        """End all nodes and the registry, which is no end of the cluster."""

    def start(self, joined: Sequence[NodeLayout]) -> None:
        """Start the first node, those that had joined, and the registry."""

    def tell_api(self) -> None:
        """Tell the nodes that the API server is ready."""


class Rewinder:
    """Takes and restores the checkpoints of one cluster, at the request of whoever connects to its keeper.

    Args:
        layout: The cluster, whose names and files are used, no addresses.
        runner: Runs it.
        selector: Wakes the keeper, which calls what is registered there.
    """

    def __init__(self, layout: EmbeddedLayout, runner: Runner, selector: selectors.BaseSelector) -> None:
        self._layout = layout
        self._runner = runner
        self._selector = selector

    def answer(self, request: Request) -> End | None:
        """Do what is asked, and say so; what cannot be done is said too. The end, where the cluster is lost by it."""
        verb = {SAVE: self._save, GO_BACK: self._restore, DISCARD: self._discard}[request.verb]
        try:
            reply = verb(check_name(request.name))
        except (LabError, OSError, ValueError, LookupError, shutil.Error) as error:
            reply = f"failed {' '.join(str(error).split())}"
        except _Lost as lost:
            say(request.client, f"failed {lost}")
            request.client.close()
            return End(RESTORE, 1, str(lost))
        say(request.client, reply)
        if request.verb == GO_BACK and reply == _STARTED:
            self._selector.register(request.client, selectors.EVENT_READ, lambda: self._hear_ready(request.client))
            shutil.rmtree(self._previous, ignore_errors=True)  # the next one clears it, or says why it cannot
        else:
            request.client.close()
        return None

    def _save(self, name: str) -> str:
        target = unfinished(self._layout.checkpoints, name) / "cluster"
        self._expect_room(sum(copies.own_bytes(node.directory / entry) for node in self._nodes for entry in _STATE))
        target.mkdir(mode=0o700)
        running = [(self._node(node), pid) for node, pid in self._runner.running()]
        for node in self._nodes:
            (target / node.directory.name).mkdir()
        for node, pid in running:
            images = Runtime(self._ctr, first_process(pid)).images()
            (target / node.directory.name / _IMAGES).write_text(json.dumps(images), encoding="utf-8")
        with self._still(running):
            for node in self._nodes:
                for entry in _STATE if node.number == 1 else (*_STATE, *_JOINED):
                    if (node.directory / entry).exists():
                        copies.copy(node.directory / entry, target / node.directory.name / entry)
            self._copy_images(self._layout.directory, target)
        return f"saved {copies.own_bytes(target)}"

    def _expect_room(self, size: int) -> None:
        free = shutil.disk_usage(self._layout.directory).free
        if free < size + _SPARE_BYTES:
            message = f"there is no room for it: {size >> 20} MB and {_SPARE_BYTES >> 20} to spare, {free >> 20} free"
            raise LabError(message, object=str(self._layout.checkpoints))

    @contextmanager
    def _still(self, nodes: Sequence[tuple[NodeLayout, int]]) -> Iterator[None]:
        """Let neither a pod nor etcd write anything inside the context."""
        with ExitStack() as stack:
            for node, _pid in nodes:
                stack.enter_context(cgroups.frozen(node.cgroup))
            stack.enter_context(stopped(nodes[0][1], "etcd"))
            yield

    def _copy_images(self, source: Path, target: Path) -> None:
        if (source / _STORAGE).exists():
            (target / _STORAGE).parent.mkdir()
            copies.copy_images(source / _STORAGE, target / _STORAGE)

    def _restore(self, name: str) -> str:
        source, fresh = self._layout.checkpoints / name / "cluster", self._layout.directory / "fresh"
        self._lay_out(source, fresh)
        try:
            with ExitStack() as stack:
                running = [(self._node(node), pid) for node, pid in self._runner.running()]
                for _node, pid in running:  # all of them, before anything is taken from one
                    stack.enter_context(stopped(pid, "kubelet"))
                emptied = [node for node, pid in running if self._empty(node, pid, fresh)]
                self._replace(fresh, emptied)
        except BaseException:
            self._clear(fresh)
            raise
        return _STARTED

    def _replace(self, fresh: Path, emptied: Sequence[NodeLayout]) -> None:
        """Start the nodes anew from what was laid out for them.

        Raises:
            _Lost: That could not be done, and they are stopped.
        """
        try:
            self._runner.stop()
            self._exchange(fresh, emptied)
            self._runner.start([node for node in self._nodes if node.number != 1])
        except (LabError, OSError, LookupError, ValueError) as error:
            raise _Lost(error) from error

    def _lay_out(self, source: Path, fresh: Path) -> None:
        """Copy a checkpoint, which stays as it is, to where it only has to be moved from."""
        if not (source / self._layout.node(1).directory.name / "etcd").is_dir():
            raise LabError("holds no state of a cluster", object=str(source))
        self._clear(fresh)
        self._clear(self._previous)
        self._expect_room(copies.own_bytes(source))
        try:
            for entry in source.glob("node-*/*"):
                (fresh / entry.parent.name).mkdir(parents=True, exist_ok=True)
                copies.copy(entry, fresh / entry.parent.name / entry.name)
            self._copy_images(source, fresh)
        except BaseException:
            self._clear(fresh)
            raise

    def _empty(self, node: NodeLayout, pid: int, fresh: Path) -> bool:
        """Take from a node, while it can still be told, the containers and images that a checkpoint knows nothing of.

        What a pod has come to since is not what it came to: a Job's that is over now may have to run once more. False
        where the checkpoint does not tell what it had.
        """
        images = fresh / node.directory.name / _IMAGES
        if not images.exists():
            return False
        runtime = Runtime(self._ctr, first_process(pid))
        runtime.remove_containers()
        runtime.forget_images(json.loads(images.read_text(encoding="utf-8")))
        return True

    def _exchange(self, fresh: Path, emptied: Sequence[NodeLayout]) -> None:
        """Put a copy in the place of what nodes and registry have; a node that it does not know goes.

        containerd's store stays only where it was emptied; a node without one begins with what every node has.
        """
        self._previous.mkdir()
        for node in self._layout.nodes:
            if not (fresh / node.directory.name).exists():
                node.directory.rename(self._previous / node.directory.name)
            elif node not in emptied:
                _move(node.directory / _STORE, self._previous / node.directory.name / _STORE)
        state = [entry.relative_to(fresh) for entry in fresh.glob("node-*/*") if entry.name != _IMAGES]
        for entry in (*state, Path(_STORAGE)):
            _move(self._layout.directory / entry, self._previous / entry)
            _move(fresh / entry, self._layout.directory / entry)
        self._clear(fresh)

    def _hear_ready(self, client: socket.socket) -> None:
        """Whoever asked says that the API server is ready; where they were killed, what waits for it starts anyway."""
        self._selector.unregister(client)
        client.close()
        self._runner.tell_api()

    def _discard(self, name: str) -> str:
        self._clear(unfinished(self._layout.checkpoints, name))
        return "discarded"

    def _clear(self, directory: Path) -> None:
        if directory.exists():
            shutil.rmtree(directory)

    def _node(self, name: str) -> NodeLayout:
        node = self._layout.node_named(name)
        if node is None:
            raise LabError("is no node of this cluster", object=name)
        return node

    @property
    def _nodes(self) -> list[NodeLayout]:
        """The nodes that have run, whether they do now or not."""
        return [node for node in self._layout.nodes if node.number == 1 or node.spec.exists()]

    @property
    def _previous(self) -> Path:
        return self._layout.directory / "previous"

    @property
    def _ctr(self) -> Path:
        return Path(json.loads(self._layout.artifacts.read_text(encoding="utf-8"))["programs"]["ctr"])


class _Lost(Exception):
    """The nodes are stopped, and what they are to begin with could not be put in its place."""


def _move(source: Path, target: Path) -> None:
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
