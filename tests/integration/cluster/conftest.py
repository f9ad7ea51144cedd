"""A lab of its own for each test that asks for one, and nothing left of it afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab_helpers import paths
from lab_helpers.cluster.choose import provider
from tests.integration.cluster.remains import assert_nothing_remains

LAB = Path(sys.executable).parent / "lab"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session", autouse=True)
def _can_run_here() -> None:
    failed = [finding for finding in provider("embedded").doctor() if not finding.ok]
    if failed:
        pytest.skip(f"no embedded cluster on this machine: {failed[0].name}: {failed[0].seen}")


@pytest.fixture
def name() -> Iterator[str]:
    """A name for a lab; whatever the test makes of it is deleted."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    yield name
    provider("embedded").delete(name)
    assert_nothing_remains(name)
    shutil.rmtree(paths.state_directory(name), ignore_errors=True)  # a learner's files, which a lab leaves alone


@pytest.fixture
def lab() -> Run:
    """Run `lab` to its end."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([LAB, *arguments], capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `lab` and go on; whatever still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def go(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [LAB, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ}
        )
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate()
