"""A cluster that stops, sleeps or ends under an open page: said at once, blamed on nobody, and there is a way back."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab_helpers import CheckFailed, Lab, open_lab, paths, shell, wait
from lab_helpers.addons.base import BASE
from lab_helpers.cluster import choose
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.errors import LabError
from lab_helpers.workbook.room import environment
from lab_helpers.workbook.session import opening
from lab_helpers.workbook.session.health import ClusterGone, ClusterSilent
from tests.integration.cluster.remains import processes

pytestmark = pytest.mark.cluster

_NOTEBOOK = "05_first_deploy"
_PATIENCE_SECONDS = 15.0  # of a client of the API server
_OUTAGE_SECONDS = 25.0
_SLEEP_SECONDS = 8.0


@pytest.fixture(scope="module")
def name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    name = f"t-losses-{os.getpid()}"
    with pytest.MonkeyPatch.context() as patch:
        # What opening a lab changes in its process, so that it is undone.
        patch.chdir(tmp_path_factory.mktemp("cwd"))
        patch.setenv("PATH", os.environ["PATH"])
        for variable in (
            "KUBECONFIG",
            "KUBECACHEDIR",
            "KUBERC",
            "KUBERNETES_MASTER",
            "GHCR_CONFIG",
            "LAB_NAME",
            "NONCE",
        ):
            patch.setenv(variable, "")
        for variable in ("LAB_ROOM", "LAB_NOTEBOOK"):
            patch.delenv(variable, raising=False)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setattr(opening, "_OPEN", {})
        clusters: dict[str, Cluster] = {}
        patch.setattr(environment, "_OWN_CLUSTERS", clusters)
        before = dict(os.environ)
        yield name
        for cluster in clusters.values():
            cluster.delete()
        for variable in os.environ.keys() - before.keys():  # Git's, and the values of the attempt
            del os.environ[variable]


@pytest.fixture
def lab(name: str) -> Iterator[Lab]:
    """The lab with v1.0.0 on staging, as the opening cell gives it."""
    lab = open_lab(_NOTEBOOK, name=name, solve=False)
    if lab.client.get("deployment", "prj-02", "prj-02") is None:
        lab.solve("5.1")
        lab.check("5.1")
    yield lab
    lab.close()


@contextmanager
def _stopped(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        # The signal is only sent: on a busy machine a process answers a few more requests before it stops.
        wait.until(lambda: all(map(_is_stopped, pids)), seconds=30, outcome="stop", every=0.01)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    """Whether every thread of a process is stopped, or has ended."""
    try:
        threads = [status.read_text() for status in Path(f"/proc/{pid}/task").glob("*/status")]
    except (FileNotFoundError, ProcessLookupError):  # one ended meanwhile
        return False
    return all(re.search(r"^State:\t[TZX]", thread, re.MULTILINE) for thread in threads)


def _processes(name: str, program: str = "") -> list[int]:
    layout = EmbeddedLayout(name, paths.state_directory(name) / "cluster", 0)
    return [pid for pid, command in processes(layout) if program in command and pid != os.getpid()]


def _expect_at_once(error: type[Exception], uses: list[Callable[[], object]]) -> None:
    for use in uses:
        began = time.monotonic()
        with pytest.raises(error):
            use()
        assert time.monotonic() - began < 2.5


def _uses(lab: Lab) -> list[Callable[[], object]]:
    return [lambda: lab.check("5.3"), lambda: lab.shell("kubectl get pods"), lab.watch_rollout, lab.topology]


def test_an_api_server_that_does_not_answer_is_a_gap_and_no_end(lab: Lab, name: str) -> None:
    lab.watch_rollout()
    stream = lab.watch
    assert stream is not None
    with _stopped(_processes(name, "kube-apiserver")):
        _expect_at_once(ClusterSilent, _uses(lab))
        assert lab.watch is stream, "what cannot be replaced goes on"
        wait.until(
            lambda: any(outage.seconds > _OUTAGE_SECONDS for outage in stream.observation.outages),
            seconds=90,
            outcome="be noticed",
            every=0.5,
        )
    wait.until(lab.client.server_version, seconds=60, outcome="answer again")
    assert stream.error is None
    whole = stream.stop("5.3")  # every request is accounted for, those of the outage too
    assert whole.requests[-1].at - whole.requests[0].at > _PATIENCE_SECONDS
    assert not whole.pauses
    assert "no answer from the API server for" in repr(whole.picture)
    lab.watch_rollout()
    assert lab.watch is not stream


def test_a_machine_that_slept_is_named_and_nobody_blamed(lab: Lab, name: str) -> None:
    lab.watch_rollout()
    stream = lab.watch
    assert stream is not None
    began = time.monotonic()
    with _stopped(_processes(name)):
        wait.until(lambda: time.monotonic() - began > _SLEEP_SECONDS, seconds=60, outcome="sleep", every=0.5)
    (pause,) = wait.until(lambda: stream.observation.pauses, seconds=90, outcome="go on", every=0.5)
    assert pause.seconds == pytest.approx(_SLEEP_SECONDS, abs=4)
    with pytest.raises(CheckFailed) as failure:
        lab.check("5.4")
    assert failure.value.evidence["this machine"] == f"paused for {pause.seconds:.0f} s"
    assert "no pod was Ready" not in str(failure.value)


def test_a_cluster_that_has_ended_is_said_and_the_opening_cell_is_the_way_back(lab: Lab, name: str) -> None:
    lab.watch_rollout()
    choose.maker_of(name).delete(name)
    _expect_at_once(ClusterGone, _uses(lab))
    assert "its cluster has ended" in repr(lab)
    said = shell.run(["kubectl", "get", "pods"], check=False).stderr
    assert "8080" not in said, "no other server is spoken to"
    again = open_lab(_NOTEBOOK, name=name, solve=False)
    assert again is not lab
    again.solve("5.1")
    again.check("5.1")
    again.watch_rollout()
    again.close()


def test_a_cluster_whose_node_was_killed_says_so_at_once(lab: Lab, name: str) -> None:
    node = _processes(name, "lab_helpers.cluster.embedded.node")
    os.kill(max(node), signal.SIGKILL)  # its first process; before it came the one that made its namespaces
    ended = wait.until(lambda: _why_it_ended(lab), seconds=10, outcome="be noticed")
    assert f"its node {name}-1 was killed (SIGKILL)" in ended.reason
    assert ended.next_step.startswith("Your files and your place are kept.")


def _why_it_ended(lab: Lab) -> ClusterGone | None:
    try:
        lab.topology()
    except ClusterGone as error:
        return error
    except LabError:
        return None
    return None


def test_another_cluster_in_its_place_is_not_taken_for_it(lab: Lab, name: str, tmp_path: Path) -> None:
    choose.maker_of(name).delete(name)
    with choose.provider("embedded").create(name, lambda _: None, BASE) as other:
        _expect_at_once(ClusterGone, _uses(lab))
        assert "another one than this page was opened on" in repr(lab)
        other.delete()
