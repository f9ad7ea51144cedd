"""A cluster that runs production is lost with its disk, and is back with all of its data, as often as it is tried.

    LAB_REBUILDS=10 .venv/bin/pytest tests/k8s/e2e/test_rebuild.py

says how often; the times are printed. A lab beside it, of another name, notices nothing.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import sys
import uuid
from collections.abc import Iterator

import pytest

from lab_helpers import paths, shell
from lab_helpers.cluster.choose import provider
from tests.commands import read_until, run_lab, starting
from tests.integration.cluster.remains import assert_nothing_remains

REBUILDS = int(os.environ.get("LAB_REBUILDS", "1"))
SECONDS = 1200  # a drill, with the cluster before and after the loss, on a machine that does other things as well
RECOVERY_SECONDS = 600

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(SECONDS * (REBUILDS + 1))]


@pytest.fixture
def name() -> Iterator[str]:
    name = f"t-drill-{uuid.uuid4().hex[:6]}"
    yield name
    provider("embedded").delete(name)
    assert_nothing_remains(name)


@pytest.fixture
def neighbour() -> Iterator[str]:
    """Another lab, with an object of its own; its kubeconfig."""
    name = f"t-beside-{uuid.uuid4().hex[:6]}"
    try:
        up = run_lab("up", "--name", name)
        assert up.returncode == 0, up.stderr
        kubeconfig = run_lab("kubeconfig", "--name", name).stdout.strip()
        shell.run(["kubectl", f"--kubeconfig={kubeconfig}", "create", "configmap", "note"])
        yield kubeconfig
    finally:
        provider("embedded").delete(name)


def test_all_of_it_is_back_and_what_was_changed_by_hand_is_not(
    name: str, neighbour: str, capsys: pytest.CaptureFixture[str]
) -> None:
    identities = "jsonpath={.items[*].metadata.uid}"
    look = ["kubectl", f"--kubeconfig={neighbour}", "get", "configmap,namespaces,pods", "-A", "-o", identities]
    before = shell.run(look).stdout
    times = []
    for _ in range(REBUILDS):
        done = run_lab("drill", "rebuild", "--json", "--name", name, seconds=SECONDS)
        assert done.returncode == 0, done.stdout + done.stderr
        document = json.loads(done.stdout)
        assert len(document["proofs"]) == 9
        assert all(proof["holds"] for proof in document["proofs"]), document["proofs"]
        times.append(document["recovery_seconds"])
        assert not (paths.state_directory() / "drills" / name).exists(), "the backup and the key that opens it"
        assert_nothing_remains(name)
    with capsys.disabled():
        median = statistics.median(times)
        sys.stdout.write(f"\nrebuilt {len(times)} times: median {median:.1f} s, worst {max(times):.1f} s\n")
    assert max(times) < RECOVERY_SECONDS
    assert shell.run(look).stdout == before


def test_one_that_is_interrupted_halfway_goes_on_from_its_backup(name: str) -> None:
    with starting() as start:
        process = start("drill", "rebuild", "--name", name)
        read_until(process, "restore the sealing keys")
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        printed = process.stderr.read()
        assert process.wait() == 130, printed
    directory = paths.state_directory() / "drills" / name
    (backup,) = (directory / "backups").iterdir()
    assert f"the backup lies at {backup}, its key at {directory}/age.key" in printed
    assert f"next: lab drill rebuild --name {name} --resume" in printed
    assert "AGE-SECRET-KEY" not in printed
    assert_nothing_remains(name)
    done = run_lab("drill", "rebuild", "--resume", "--name", name, seconds=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert not directory.exists()
