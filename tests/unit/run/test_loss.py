"""A cluster that is lost under a run: everything stops, the report says why, and nobody is blamed for it."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab_helpers import wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.errors import LabError
from lab_helpers.events import EVENTS_FILE, Event
from lab_helpers.images.registry import Registry
from lab_helpers.kube.client import Client
from lab_helpers.redact import SECRETS_FILE
from lab_helpers.run import loss
from lab_helpers.run.loss import LossWatch
from lab_helpers.run.report.results import NotebookResult, RunResult, collect_steps
from lab_helpers.run.workbook import Workbook
from tests.unit.clusters import UnusableCluster
from tests.unit.kube.api_server import ApiServer, write_kubeconfig

from .conftest import MakeNotebook, read_valid, statuses

LOST = ClusterLost("its cluster has ended: its a-1 was killed (SIGKILL)", object="lab a", next_step="lab run")

PASS = "from lab_helpers.events import emit; emit('check', step='{step}', state='passed', title='t')"
FAIL = """
from lab_helpers.events import emit
emit('check', step='{step}', state='failed', expected='v1', seen='nothing')
raise ValueError('no answer')
"""
WAIT = "import pathlib, time; pathlib.Path('{name}').touch(); time.sleep(900)"


class StandIn(UnusableCluster):
    """A cluster that ends when it is told to."""

    name = "a"

    def __init__(self, directory: Path, port: int) -> None:
        self._directory = directory
        self._closed = threading.Event()
        self._loss: ClusterLost | None = None
        write_kubeconfig(directory, port)
        (directory / "password").write_text("secret-password")

    @property
    def kubeconfig(self) -> Path:
        return self._directory / "kubeconfig"

    @property
    def registry(self) -> Registry:
        return Registry("ghcr.io", "127.0.0.1", 1, self._directory / "ca.crt", "lab", self._directory / "password")

    @property
    def is_kept(self) -> bool:
        return True

    def watch_end(self) -> StandIn:
        return self

    def end(self) -> None:
        self._loss = LOST
        self._closed.set()

    def wait(self) -> ClusterLost | None:
        self._closed.wait()
        return self._loss

    def close(self) -> None:
        self._closed.set()


@pytest.fixture(autouse=True)
def _run_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (EVENTS_FILE, SECRETS_FILE):
        monkeypatch.setenv(name, "")


@pytest.fixture
def lost(tmp_path: Path) -> StandIn:
    """A cluster that does not answer."""
    return StandIn(tmp_path, 1)


def run_on(cluster: StandIn, output: Path, *notebooks: Path) -> RunResult:
    @contextmanager
    def making() -> Iterator[Cluster]:
        yield cluster

    return Workbook(notebooks, output / "out", {}).run(making(), lambda _line: None)


def end_once(cluster: StandIn, *files: Path) -> threading.Thread:
    """End the cluster once the cells that make these files are under way."""

    def wait_and_end() -> None:
        wait.until(lambda: all(file.exists() for file in files), seconds=400, outcome="begin")
        cluster.end()

    thread = threading.Thread(target=wait_and_end)
    thread.start()
    return thread


def failures(output: Path) -> dict[str, str]:
    messages = {}
    for case in ET.parse(output / "out/junit.xml").iter("testcase"):
        failure = case.find("failure")
        if failure is not None:
            messages[f"{case.get('classname')}: {case.get('name')}"] = str(failure.get("message"))
    return messages


def test_every_notebook_is_stopped_and_the_report_names_the_loss(
    lost: StandIn, make_notebook: MakeNotebook, tmp_path: Path
) -> None:
    first = make_notebook(PASS.format(step="3.1"), WAIT.format(name="03"), "x = 1", name="03_cluster")
    second = make_notebook(WAIT.format(name="05"), name="05_first_deploy")
    ending = end_once(lost, tmp_path / "03", tmp_path / "05")
    result = run_on(lost, tmp_path, first, second, first)
    ending.join()
    assert not result.passed
    assert [notebook.lost for notebook in result.notebooks] == [True, True, True], "what had not begun too"
    reason = str(LOST).splitlines()[0]
    ran = "notebook ran to its end"
    assert failures(tmp_path) == {f"03_cluster: {ran}": reason, f"05_first_deploy: {ran}": reason}
    assert [step.state for step in result.notebooks[0].steps][:2] == ["passed", "not reached"]
    assert result.notebooks[1].seconds > 0, "how long it ran is known all the same"
    assert "was killed (SIGKILL)" in (tmp_path / "out/report.html").read_text()
    executed = read_valid(tmp_path / "out/notebooks/05_first_deploy.ipynb")
    assert statuses(executed) == ["failed"]
    assert str(LOST) in executed.cells[-1].outputs[-1].evalue, "the cell's output says why"


def test_what_fails_before_the_loss_is_known_is_no_verdict(
    lost: StandIn, make_notebook: MakeNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node's programs die before the node is gone, and its end is known only then."""
    monkeypatch.setattr(loss, "_SETTLE_SECONDS", 300)
    settle = LossWatch.settle
    notebook = make_notebook(FAIL.format(step="5.1"), name="05_first_deploy")

    def settle_later(watch: LossWatch) -> ClusterLost | None:
        (tmp_path / "asked").touch()
        return settle(watch)

    monkeypatch.setattr(LossWatch, "settle", settle_later)
    ending = end_once(lost, tmp_path / "asked")
    result = run_on(lost, tmp_path, notebook)
    ending.join()
    assert result.notebooks[0].error == str(LOST)
    assert result.notebooks[0].steps[0].state == "not reached"
    assert list(failures(tmp_path)) == ["05_first_deploy: notebook ran to its end"]


def test_a_cluster_that_does_not_answer_is_no_verdict_either(
    lost: StandIn, make_notebook: MakeNotebook, tmp_path: Path
) -> None:
    result = run_on(lost, tmp_path, make_notebook(FAIL.format(step="5.1"), name="05_first_deploy"))
    assert result.notebooks[0].lost
    assert "lab a: its cluster does not answer" in failures(tmp_path)["05_first_deploy: notebook ran to its end"]


def test_a_loss_that_is_noted_while_the_server_is_asked_for_the_last_time_is_the_reason(
    lost: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = LossWatch(lost)

    def refuse(_client: Client) -> str:
        watch.note(LOST)
        raise LabError("connection refused")

    monkeypatch.setattr(loss, "_SETTLE_SECONDS", 0)
    monkeypatch.setattr(Client, "server_version", refuse)
    assert watch.settle() is LOST


@pytest.mark.parametrize("status", [200, 403])
def test_on_a_cluster_that_answers_a_failure_is_a_failure(
    status: int, api: ApiServer, make_notebook: MakeNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "_SETTLE_SECONDS", 300)
    monkeypatch.setattr(loss, "_ANSWER_SECONDS", 60)
    api.on("GET", "/version", lambda call: call.answer({"gitVersion": "v1.37.1"}, status))
    cluster = StandIn(tmp_path, api.port)
    result = run_on(cluster, tmp_path, make_notebook(FAIL.format(step="5.1"), name="05_first_deploy"))
    assert not result.notebooks[0].lost
    assert result.notebooks[0].steps[0].state == "failed"


def test_without_a_cluster_there_is_a_report_too(make_notebook: MakeNotebook, tmp_path: Path) -> None:
    @contextmanager
    def making() -> Iterator[Cluster]:
        raise LabError("ended while etcd was starting", object="lab a")
        yield

    notebook = make_notebook("x = 1", name="05_first_deploy")
    with pytest.raises(LabError, match="while etcd"):
        Workbook([notebook], tmp_path / "out", {}).run(making(), lambda _line: None)
    reason = "lab a: ended while etcd was starting"
    assert failures(tmp_path) == {"05_first_deploy: notebook ran to its end": reason}
    assert reason in (tmp_path / "out/report.html").read_text()


def test_what_had_passed_stays_passed() -> None:
    events = [
        Event("check", 1.0, {"notebook": "05", "step": "5.1", "state": "passed"}),
        Event("check", 2.0, {"notebook": "05", "step": "5.2", "state": "failed"}),
    ]
    expected = [("5.1", ""), ("5.2", ""), ("5.3", "")]
    result = NotebookResult("05", "failed", 1.0, "lost", Path("out"), lost=True)
    assert [step.state for step in collect_steps(events, result, expected)] == ["passed", "not reached", "not reached"]
