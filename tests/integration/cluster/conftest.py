"""A lab of its own for each test that asks for one, and nothing left of it afterwards."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator

import pytest

from lab_helpers import paths
from lab_helpers.cluster.choose import provider
from tests.commands import Run, Start, run_lab, starting
from tests.integration.cluster.remains import assert_nothing_remains


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
    return run_lab


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `lab` and go on; whatever still runs at the end of the test is killed."""
    with starting() as start:
        yield start
