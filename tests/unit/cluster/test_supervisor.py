"""A node's first process keeps its programs running; tried with ordinary processes, outside any namespace."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO

import pytest

from lab_helpers import wait
from lab_helpers.cluster.embedded.spec import NodeService, NodeSpec

SUPERVISE = """
import json, sys
from lab_helpers.cluster.embedded.node import Supervisor
from lab_helpers.cluster.embedded.spec import NodeSpec, NodeService
told = json.loads(sys.argv[1])
told["services"] = [NodeService(**service) for service in told["services"]]
sys.exit(Supervisor(NodeSpec(**told)).run())
"""


class Node:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process: subprocess.Popen[str] | None = None

    def start(self, *services: NodeService, output: IO[str] | None = None) -> subprocess.Popen[str]:
        spec = NodeSpec("n", "a", "p", "m", {}, [], "c", str(self.directory), list(services), "", "")
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE, json.dumps(asdict(spec))],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            text=True,
        )
        return self.process

    def count(self, name: str) -> int:
        log = self.directory / f"{name}.log"
        return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = Node(tmp_path)
    yield node
    if node.process is not None:
        node.process.kill()
        node.process.communicate()


def shell_service(name: str, script: str, *, once: bool = False, after_api: bool = False) -> NodeService:
    return NodeService(name, ["/bin/sh", "-c", script], once=once, after_api=after_api)


def test_a_program_that_ends_is_started_again(node: Node) -> None:
    node.start(shell_service("a", "echo run; exit 1"))
    wait.until(lambda: node.count("a") >= 3, seconds=120, outcome="run three times")


def test_a_full_disk_does_not_end_the_node(node: Node) -> None:
    """Its programs may end of it; that this cannot be noted is no reason to end the others."""
    with open("/dev/full", "w") as full:  # noqa: PTH123 - no file
        process = node.start(shell_service("a", "echo run; exit 1"), output=full)
    wait.until(lambda: node.count("a") >= 3, seconds=120, outcome="run three times")
    assert process.poll() is None


def test_what_runs_once_is_tried_until_it_succeeds(node: Node, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    script = f"echo run; test -e {flag} || {{ touch {flag}; exit 1; }}"
    node.start(shell_service("a", script, once=True), shell_service("b", "echo run; sleep 0.2"))
    wait.until(lambda: node.count("b") >= 4, seconds=120, outcome="run four times")
    assert node.count("a") == 2


def test_what_needs_the_api_server_waits_for_the_word(node: Node) -> None:
    process = node.start(shell_service("a", "echo run; sleep 0.1"), shell_service("b", "echo run", after_api=True))
    wait.until(lambda: node.count("a") >= 2, seconds=120, outcome="run twice")
    assert node.count("b") == 0
    assert process.stdin is not None
    process.stdin.write("hello\napi\n")  # two lines at once, as a server hears that is started again
    process.stdin.flush()
    wait.until(lambda: node.count("b") >= 1, seconds=120, outcome="run")


def test_it_ends_with_its_keeper(node: Node) -> None:
    process = node.start(shell_service("a", "sleep 60"))
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=120) == 0


def test_it_gives_up_on_a_program_that_cannot_run(node: Node) -> None:
    process = node.start(shell_service("a", "exit 7"))
    assert process.wait(timeout=120) == 1
