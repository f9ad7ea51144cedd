"""metrics-server on the embedded cluster, by way of the API server's aggregation layer."""

from __future__ import annotations

import pytest

from lab_helpers.cluster.at_hand import attached
from tests import autoscaling
from tests.commands import Run

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]


def test_pods_are_measured_and_scaled_by_it_and_nothing_of_it_is_left(name: str, lab: Run) -> None:
    up = lab("up", "--name", name)
    assert up.returncode == 0, up.stderr
    autoscaling.prove(attached(name), lab)
