"""A headless run begins, a learner goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO, cast

import pytest

from lab_helpers import Evidence, Lab, checkout, open_lab, paths
from lab_helpers.cluster import draining
from lab_helpers.cluster.base import Capability, Cluster
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry
from lab_helpers.workbook.course import checks, outlines
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner import progress, secrecy
from lab_helpers.workbook.room import environment, room_setup, shell_programs
from lab_helpers.workbook.session import lab, opening
from lab_helpers.workbook.session.resetting import reset

_GIT = ("GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL", "GIT_PAGER", "GIT_EDITOR", "GIT_TERMINAL_PROMPT")


class _Client:
    def __init__(self, _kubeconfig: Path, **_: object) -> None:
        pass

    def server_version(self) -> str:
        return "v1.37.1"

    def list(self, _kind: str, _namespace: str | None = None) -> list[object]:
        return []


@pytest.fixture
def cleared() -> list[str]:
    """The namespaces that were cleared, one after the other."""
    return []


@pytest.fixture(autouse=True)
def cluster(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cleared: list[str]
) -> Iterator[SimpleNamespace]:
    """A lab without a cluster behind it: nothing here needs one but its identity."""
    (tmp_path / "password").write_text("pull-me-if-you-can\n")
    (tmp_path / "infra").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "09_toy.ipynb").write_text('{"cells": [], "metadata": {}}')
    registry = Registry("ghcr.io", "127.0.0.1", 443, tmp_path / "ca.crt", "lab", tmp_path / "password")
    (tmp_path / "kubeconfig").write_text("clusters: [first]\n")
    toy_cluster = SimpleNamespace(
        name="lab",
        provider="fake",
        kubeconfig=tmp_path / "kubeconfig",
        directory=tmp_path,
        registry=registry,
        capabilities=frozenset(),
        storage_class="local-path",
        entry=None,
        checkpoints=None,
        reset_namespaces=lambda namespaces, _seconds: cleared.extend(namespaces),
    )
    monkeypatch.setattr(checkout, "source_directory", lambda: tmp_path)
    monkeypatch.setattr(checkout, "labs_directory", lambda: tmp_path)
    monkeypatch.setattr(outlines, "load", lambda _: outline)
    monkeypatch.setattr(checks, "load", lambda _: {})
    monkeypatch.setattr(environment, "attach_or_create", lambda *_: toy_cluster)
    monkeypatch.setattr(shell_programs, "link", lambda *_: tmp_path / "bin")
    monkeypatch.setattr(environment, "pull_secret", lambda _: tmp_path / "config.json")
    monkeypatch.setattr(opening, "_OPEN", {})
    held: dict[Path, TextIO] = {}
    monkeypatch.setattr(opening, "_HELD", held)
    monkeypatch.setattr(lab, "Client", _Client)
    monkeypatch.setattr(secrecy, "Client", _Client)
    monkeypatch.chdir(tmp_path)
    for variable in ("PATH", "KUBECONFIG", "KUBECACHEDIR", "KUBERC", "GHCR_CONFIG", "LAB_NAME", "NONCE", *_GIT):
        monkeypatch.setenv(variable, os.environ.get(variable, ""))
    yield toy_cluster
    for file in held.values():
        file.close()


def _work(lab: Lab) -> None:
    """What a learner leaves behind: a file, a step proven, something seen."""
    (lab.workspace / "task.txt").write_text("mine\n")
    lab.observations["holder"] = "a-pod"
    lab._verdicts.passed(lab.outline.step("9.1"), "It holds", Evidence(pods=2))


def _restart_kernel() -> None:
    opening._OPEN.clear()


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_ROOM", str(paths.room_directory("lab")))
    room_setup.copy_notebooks("lab")


def test_a_run_begins_every_time(cleared: list[str]) -> None:
    first = open_lab("09_toy")
    _work(first)
    again = open_lab("09_toy")
    assert (again.workspace / "task.txt").read_text() == "begin\n"
    assert again.nonce != first.nonce
    assert again.observations == {}
    assert first.solves
    assert again.solves
    assert cleared == ["n"] * 2
    assert "kept" in repr(again)


def test_what_varies_is_drawn_anew_by_a_reset_and_kept_by_reopening(
    outline: Outline, cluster: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, room: None, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAB_COUNT", "")
    monkeypatch.setenv("LAB_EVENTS", str(tmp_path / "events.jsonl"))
    varied = replace(outline, vary={"count": tuple(range(100_000))})
    monkeypatch.setattr(outlines, "load", lambda _: varied)
    first = open_lab("09_toy").vary["count"]
    assert os.environ["LAB_COUNT"] == str(first)
    terminal = paths.room_directory("lab") / "terminals" / "09_toy.sh"
    assert f"export LAB_COUNT={first}\n" in terminal.read_text()
    _restart_kernel()
    assert open_lab("09_toy").vary["count"] == first
    (event, *_) = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert (event["kind"], event["name"], event["state"], event["vary"]) == (
        "notebook",
        "09_toy",
        "drawn",
        {"count": first},
    )
    _restart_kernel()
    cluster.kubeconfig.write_text("clusters: [second]\n")
    assert open_lab("09_toy").vary["count"] == first, "the answers in the learner's own notebook fit on it too"
    reset(varied, cast(Cluster, cluster), lambda _: None)
    _restart_kernel()
    assert open_lab("09_toy").vary["count"] != first


def test_what_is_made_outside_the_namespaces_is_gone_at_the_start_where_it_is_the_labs(
    outline: Outline, cluster: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted: list[tuple[str, str]] = []
    client = SimpleNamespace(delete=lambda kind, name, wait_seconds: deleted.append((kind, name)))
    monkeypatch.setattr(opening, "Client", lambda _kubeconfig: client)
    makes_more = replace(outline, outside=("clusterrole/reader",))
    monkeypatch.setattr(outlines, "load", lambda _: makes_more)
    open_lab("09_toy")
    assert deleted == [], "of somebody else's cluster"
    cluster.capabilities = frozenset({Capability.NAMESPACES})
    open_lab("09_toy")
    assert deleted == [("clusterrole", "reader")]


def test_nodes_that_steps_add_are_gone_at_the_start(
    cluster: SimpleNamespace, outline: Outline, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[str] = []
    cluster.nodes = SimpleNamespace(servers=("lab-1",), running=lambda: {"lab-1": True, "lab-2": True})
    monkeypatch.setattr(draining, "remove", lambda _cluster, _nodes, name, *_, **__: removed.append(name))
    open_lab("09_toy")
    assert removed == [], "no step of it adds any"
    steps = (replace(outline.steps[0], needs=frozenset({Capability.NODES})), *outline.steps[1:])
    monkeypatch.setattr(outlines, "load", lambda _: replace(outline, steps=steps))
    open_lab("09_toy")
    assert removed == ["lab-2"]


def test_a_run_is_refused_while_another_one_is_in_the_notebook(cleared: list[str]) -> None:
    open_lab("09_toy")
    held = dict(opening._HELD)
    opening._HELD.clear()  # as it is in another process
    with pytest.raises(LabError, match=rf"09_toy on lab lab: is in use: process {os.getpid()} \(09_toy\)"):
        open_lab("09_toy")
    assert cleared == ["n"], "what the first one works on is untouched"
    for file in held.values():
        file.close()  # as when it has ended
    open_lab("09_toy")


@pytest.mark.usefixtures("room")
def test_a_learner_goes_on_after_the_kernel_was_restarted(cleared: list[str]) -> None:
    first = open_lab("09_toy")
    _work(first)
    _restart_kernel()
    again = open_lab("09_toy")
    assert again is not first
    assert (again.workspace / "task.txt").read_text() == "mine\n"
    assert (again.nonce, again.observations, os.environ["NONCE"]) == (first.nonce, {"holder": "a-pod"}, first.nonce)
    assert not again.solves
    assert cleared == ["n"]
    assert "lab reset 9" in repr(again)
    assert "✓ passed" in repr(again)


@pytest.mark.usefixtures("room")
def test_running_the_first_cell_again_keeps_the_stream_of_requests() -> None:
    assert open_lab("09_toy") is open_lab("09_toy")


@pytest.mark.usefixtures("room")
def test_another_cluster_is_a_new_beginning_that_forgets_no_proof(cluster: SimpleNamespace) -> None:
    first = open_lab("09_toy")
    _work(first)
    _restart_kernel()
    cluster.kubeconfig.write_text("clusters: [second]\n")
    again = open_lab("09_toy")
    assert (again.workspace / "task.txt").read_text() == "begin\n"
    assert (again.observations, again.nonce == first.nonce) == ({}, False)
    assert "the cluster is another one than you left" in repr(again)
    assert "✓ passed" in repr(again)


def test_without_a_room_whoever_solves_alone_goes_on_too() -> None:
    _work(open_lab("09_toy", solve=False))
    _restart_kernel()
    assert open_lab("09_toy", solve=False).observations == {"holder": "a-pod"}


@pytest.mark.usefixtures("room")
def test_a_run_that_is_started_in_a_room_is_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    _work(open_lab("09_toy"))
    monkeypatch.setenv("LAB_NOTEBOOK", "09_toy")
    again = open_lab("09_toy")
    assert (again.solves, again.observations) == (True, {})


@pytest.mark.usefixtures("room")
def test_where_solutions_are_withheld_nothing_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_WITHHOLD", "solutions")
    assert not open_lab("09_toy", solve=True).solves


@pytest.mark.usefixtures("room")
def test_a_reset_takes_everything_back_and_keeps_it_aside(outline: Outline, cluster: Any) -> None:
    lab = open_lab("09_toy")
    _work(lab)
    (checkout.notebooks_directory() / "09_toy.ipynb").write_text('{"cells": [], "metadata": {}}')
    own = paths.workspace_directory("lab") / "notebooks" / "09_toy.ipynb"
    own.write_text("with my notes")
    done = reset(outline, cluster, lambda _: None)
    assert (done.workspace / "task.txt").read_text() == "begin\n"
    archive = paths.workspace_directory("lab") / "kept"
    (files,), (notebook,) = archive.glob("*/"), archive.glob("*.ipynb")
    assert ((files / "task.txt").read_text(), notebook.read_text()) == ("mine\n", "with my notes")
    assert all(str(place) in "".join(done.remarks) for place in (files, notebook))
    assert json.loads(own.read_text())["cells"] == []
    current = progress.load("lab", "09_toy")
    assert current is not None
    assert (current.steps, current.seen, current.nonce == lab.nonce) == ({}, {}, False)
    _restart_kernel()
    assert open_lab("09_toy").nonce == current.nonce


def test_a_reset_is_refused_while_a_run_is_in_the_notebook(outline: Outline, cluster: Any, cleared: list[str]) -> None:
    open_lab("09_toy")
    with pytest.raises(LabError, match=r"09_toy on lab lab: is in use: process \d+ \(09_toy\)") as refused:
        reset(outline, cluster, lambda _: None)
    assert refused.value.next_step.startswith("lab reset 9 ")
    assert cleared == ["n"], "what the run works on is untouched"
    for file in opening._HELD.values():
        file.close()  # as when it has ended
    reset(outline, cluster, lambda _: None)
    assert cleared == ["n", "n"]


@pytest.mark.usefixtures("room")
def test_a_reset_in_another_language_leaves_the_other_notebooks_alone(
    outline: Outline, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prose = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["## Two questions"]}
    for name in ("09_toy", "08_other"):
        (checkout.notebooks_directory() / f"{name}.ipynb").write_text(json.dumps({"cells": [prose], "metadata": {}}))
    room_setup.copy_notebooks("lab")
    own = paths.workspace_directory("lab") / "notebooks"
    (own / "09_toy.ipynb").write_text("with my notes")
    other = (own / "08_other.ipynb").stat()
    monkeypatch.setattr(room_setup, "translate_file", lambda file, _language: file.read_text())
    monkeypatch.setattr(room_setup, "rewrite", lambda file, text: file.write_text(f"translated\n{text}"))
    reset(outline, cluster, lambda _: None)
    assert (own / "09_toy.ipynb").read_text().startswith("translated")
    assert (own / "08_other.ipynb").stat().st_mtime_ns == other.st_mtime_ns


@pytest.mark.usefixtures("room")
def test_terminals_hear_where_the_learner_works() -> None:
    lab = open_lab("09_toy")
    setup = (paths.room_directory("lab") / "terminals" / "09_toy.sh").read_text()
    assert f"export NONCE={lab.nonce}\n" in setup
    assert f"lab_directory={lab.workspace}\n" in setup
    assert f"lab_says='this terminal works in {lab.workspace}'\n" in setup
    assert "export PATH" not in setup


@pytest.mark.usefixtures("room")
def test_the_map_of_the_room_follows() -> None:
    _work(open_lab("09_toy"))
    page = (paths.workspace_directory("lab") / "map.md").read_text()
    assert "| 9.1 | First | 4 min | ✓ passed |" in page
    assert "[09 A lab](notebooks/09_toy.ipynb)" in page
