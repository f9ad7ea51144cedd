"""The server of a lab's cluster, whose databases have ended with the tests that they were of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from lab_helpers.testing.fixture import LabFixture
from tests.integration.infra.server import SECONDS, Server


@pytest.fixture
def server(lab: LabFixture) -> Iterator[Server]:
    # A database that is about to end with the test before answers no more, and a backup without it would be none.
    lab.kubectl("wait", "--for=delete", "pod", "-l", "app=postgresql", "--all-namespaces", f"--timeout={SECONDS:g}s")
    server = Server(lab)
    yield server
    shutil.rmtree(server.host)
