"""A cluster of its own for each test of an add-on, with nothing on it but what every cluster has."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator

import pytest

from lab_helpers import paths
from lab_helpers.cluster.at_hand import attached
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.choose import provider
from tests.commands import run_lab


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A cluster; whatever the test makes of it is deleted."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    try:
        up = run_lab("up", "--name", name)
        assert up.returncode == 0, up.stderr
        yield attached(name)
    finally:
        provider("embedded").delete(name)
        shutil.rmtree(paths.state_directory(name), ignore_errors=True)


@pytest.fixture
def name(cluster: Cluster) -> str:
    """The cluster's name."""
    return cluster.name
