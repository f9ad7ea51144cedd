"""The first process of a node: gives it a root of its own, then starts its programs and keeps them running.

Runs as PID 1 of the node's namespaces (see ``keeper``): when it ends, the kernel ends everything else in them.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import shell
from lab_helpers.cluster import restarts
from lab_helpers.cluster.embedded.node_root import enter_root
from lab_helpers.cluster.embedded.spec import ClusterSpec, NodeService, NodeSpec
from lab_helpers.cluster.loss import is_full

__all__ = ["main"]


def main() -> int:
    """Run the node ``argv[2]`` of the cluster described in the file ``argv[1]`` until it is killed."""
    spec = next(node for node in ClusterSpec.read(Path(sys.argv[1])).nodes if node.name == sys.argv[2])
    enter_root(spec)
    if _hear() != "network\n":  # the keeper says so once eth0 is there; its end says the opposite
        return 1
    return Supervisor(spec).run()


@dataclass
class _RunningService:
    service: NodeService
    started: float
    short_lives: int = 0


class Supervisor:
    """Starts a node's programs, starts them again when they end, and reaps every orphan of the node.

    Args:
        spec: The node.
    """

    def __init__(self, spec: NodeSpec) -> None:
        self._spec = spec
        self._running: dict[int, _RunningService] = {}
        self._due: list[tuple[float, NodeService, int]] = []
        # A signal only has to wake `select`; what happened is asked of waitpid.
        self._wake, notify = socket.socketpair()
        self._notify = notify
        self._wake.setblocking(False)
        notify.setblocking(False)
        signal.set_wakeup_fd(notify.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> int:
        """Supervise until the keeper is gone; 1 when a program could not be kept running."""
        for service in self._spec.services:
            if not service.after_api:
                self._start(service, 0)
        while True:
            timeout = min((due for due, _, _ in self._due), default=None)
            ready, _, _ = select.select(
                [self._wake, sys.stdin],
                [],
                [],
                None if timeout is None else max(0.0, timeout - time.monotonic()),
            )
            if sys.stdin in ready and not self._handle_line(_hear()):
                return 0
            if self._wake in ready:
                self._wake.recv(4096)
            if not self._reap():
                return 1
            self._start_due()

    def _handle_line(self, line: str) -> bool:
        """Do what the keeper says; False when it is gone."""
        if line.strip() == "api":
            for service in self._spec.services:
                if service.after_api:
                    self._start(service, 0)
        return bool(line)

    def _start(self, service: NodeService, short_lives: int) -> None:
        log = Path(self._spec.logs) / f"{service.name}.log"
        with log.open("a") as output:
            process = shell.start(
                service.argv,
                env=service.environment,
                stdout=output,
                stderr=output,
                outlives=True,
                new_session=True,
            )
        process.returncode = 0  # reaped by waitpid below, not by the Popen object
        self._running[process.pid] = _RunningService(service, time.monotonic(), short_lives)

    def _reap(self) -> bool:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return True
            ended = self._running.pop(pid, None)
            if ended is not None and not self._has_ended(ended, os.waitstatus_to_exitcode(status)):
                return False

    def _has_ended(self, ended: _RunningService, code: int) -> bool:
        if ended.service.once and code == 0:
            return True
        lived = time.monotonic() - ended.started
        short_lives = restarts.short_lives(ended.short_lives, lived)
        restarts.note(ended.service.name, code, lived)
        if is_full(Path(self._spec.logs)):
            return False  # it would be tried, fail and be tried again, while nobody is told why
        # What runs once may have to wait for another program; what cannot keep running ends the node.
        if restarts.is_hopeless(short_lives) and not ended.service.once:
            return False
        self._due.append((time.monotonic() + restarts.delay(short_lives), ended.service, short_lives))
        return True

    def _start_due(self) -> None:
        current_time = time.monotonic()
        due = [entry for entry in self._due if entry[0] <= current_time]
        self._due = [entry for entry in self._due if entry[0] > current_time]
        for _, service, short_lives in due:
            self._start(service, short_lives)


def _hear() -> str:
    """The next line from the keeper, empty at its end; what follows stays for `select`, which knows of no buffer."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(sys.stdin.fileno(), 1)):
        line += byte
    return line.decode()


if __name__ == "__main__":
    sys.exit(main())
