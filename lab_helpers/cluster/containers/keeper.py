"""The small process that has a cluster made, serves its registry, and deletes it when its owner is gone.

Docker's containers belong to its daemon, so that killing a lab would leave them running. One keeper a cluster has the
cluster made as its own child. Its standard input is a pipe from the process that asked for the cluster: a line
``registry`` starts the registry; until a line ``keep`` the end of the pipe is the end of the cluster. A keeper that is
itself killed takes its children with it, and the next ``lab`` command deletes the containers by the record. A registry
that ends is started again.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from lab_helpers import files, shell
from lab_helpers.cluster import control
from lab_helpers.cluster.containers import leftovers
from lab_helpers.cluster.containers.layout import DockerSpec
from lab_helpers.cluster.lifeline import Holders, leave_end
from lab_helpers.cluster.loss import ASKED, OWNER_GONE, End
from lab_helpers.cluster.restarts import Restarted
from lab_helpers.images import registry

__all__ = ["DockerKeeper"]


class DockerKeeper:
    """Runs one cluster.

    Args:
        spec: What to run.
        clean: Deletes the cluster with all that is its; raises where it cannot.
    """

    def __init__(self, spec: DockerSpec, clean: Callable[[], None]) -> None:
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        self._spec = spec
        self._clean = clean
        self._layout = spec.layout
        self._control = self._listen()
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._selector = selectors.DefaultSelector()
        self._registry: Restarted | None = None
        self._holders = Holders()

    def run(self) -> None:
        """Have the cluster made, keep it until it is to end, then delete it."""
        client = None
        try:
            client = self._wait(self._run(self._spec.create_command(), "create"))
        finally:
            end = End(ASKED if client is not None else OWNER_GONE)
            self._holders.tell(end)
            leave_end(self._layout.control, end)  # before anybody can find it ended
            control.say_ending(self._layout.control)
            for process in self._processes.values():
                _kill_group(process)
            self._clean()
            if client is not None:
                with client, suppress(BrokenPipeError):
                    client.sendall(b"deleted\n")

    def _listen(self) -> socket.socket:
        # Relative, because a socket's path may be 108 bytes long and a home directory longer.
        os.chdir(self._layout.directory)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self._layout.control.name)
        self._layout.control.chmod(0o600)
        listening.listen()
        return listening

    def _run(self, argv: Sequence[str], log: str) -> subprocess.Popen[str]:
        with (self._layout.logs / f"{log}.log").open("a") as output:
            # A group of its own: its children, Docker's command among them, have to end with it. And a mark, by
            # which they are found where this process was killed.
            environment = {**self._spec.environment(), leftovers.MARK: self._spec.directory}
            process = shell.start(argv, env=environment, stdout=output, stderr=output, new_session=True)
        self._processes[log] = process
        return process

    def _wait(self, creation: subprocess.Popen[str]) -> socket.socket | None:
        """Wait until the cluster is to end; with the client that asked for it, if one did."""
        selector = self._selector
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        selector.register(self._control, selectors.EVENT_READ)
        ended = os.pidfd_open(creation.pid)
        selector.register(ended, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select(self._registry.seconds_left if self._registry else None):
                if key.fd == ended:
                    selector.unregister(ended)
                    self._tell_created(creation.wait())
                elif key.fileobj is self._control:
                    request = control.accept_request(self._control, self._holders)
                    if request is not None:
                        return request.client
                elif isinstance(key.data, Restarted):
                    key.data.has_ended()  # one that will not run is tried now and then: images are there without it
                elif not self._hear_owner():
                    return None
            if self._registry is not None and self._registry.seconds_left == 0:
                self._registry.begin()

    def _tell_created(self, status: int) -> None:
        files.write(self._layout.created, str(status))

    def _hear_owner(self) -> bool:
        heard = os.read(sys.stdin.fileno(), 64).decode().split()
        for line in heard:
            if line == "keep":
                self._selector.unregister(sys.stdin.fileno())
            elif line == "registry":
                self._registry = Restarted("registry", self._serve_registry, self._selector)
        return bool(heard)

    def _serve_registry(self) -> subprocess.Popen[str]:
        return self._run(registry.command(self._layout.registry), "registry")


def _kill_group(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:  # else its number may be somebody else's by now
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
