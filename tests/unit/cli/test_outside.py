"""What a shell outside the room is given: all that a terminal inside has, or nothing that reaches another cluster."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from lab_helpers import LabError, paths
from lab_helpers.cli import main
from lab_helpers.cluster import at_hand, choose, record
from lab_helpers.cluster.base import State
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.room import environment, outside
from tests.commands import LAB, run_lab

OWN = "/home/somebody/.kube/config"


class FakeCluster:
    name = "alice's lab"
    kubeconfig = Path("/nowhere/kubeconfig")


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state of ' mine"))
    monkeypatch.delenv("LAB_NAME", raising=False)


def shell(lines: str, then: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script = f"eval {shlex.quote(lines)}\n{then}"
    variables = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, env=variables, cwd="/")


def variables(printed: str) -> Mapping[str, str]:
    return dict(line.partition("=")[::2] for line in printed.split("\0") if line)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Any:
    variables = {
        "PATH": "/lab's tools:/usr/bin:/bin",
        "KUBECONFIG": "/a path/$HOME/`kubeconfig`",
        "GHCR_CONFIG": '/g"h',
    }
    monkeypatch.setattr(environment, "variables", lambda *_: dict(variables))
    return lambda: "\n".join(outside.lines(FakeCluster(), lambda _: None))  # type: ignore[arg-type]


def test_its_lines_survive_the_shell_whatever_is_in_them(lines: Any) -> None:
    printed = variables(shell(lines(), "env -0").stdout)
    assert printed["KUBECONFIG"] == "/a path/$HOME/`kubeconfig`"
    assert printed["GHCR_CONFIG"] == '/g"h'
    assert printed["LAB_NAME"] == "alice's lab"
    tools, programs, *others = printed["PATH"].split(":")
    assert (tools, programs, others) == ("/lab's tools", str(LAB.parent), ["/usr/bin", "/bin"])


def test_without_a_workspace_the_directory_stays_and_an_old_word_goes(lines: Any) -> None:
    output = shell(lines(), 'pwd; echo "${NONCE-none}"', NONCE="of another lab")
    assert output.stdout.splitlines() == ["/", "none"]


def test_it_goes_where_the_learner_worked_last(lines: Any) -> None:
    work = paths.workspace_directory(FakeCluster.name) / "05_first_deploy"
    work.mkdir(parents=True)
    begun = progress.fresh(FakeCluster.name, "05_first_deploy", "cluster")
    begun.write()
    assert shell(lines(), 'pwd; echo "$NONCE"').stdout.splitlines() == [str(work), begun.nonce]


@pytest.mark.parametrize("verb", ["kubeconfig", "env"])
@pytest.mark.parametrize("mistake", [[], ["--name", "nobodys"], ["--no-such-option"]])
def test_without_a_lab_what_is_printed_is_no_way_to_another_cluster(verb: str, mistake: list[str]) -> None:
    result = run_lab(verb, *mistake)
    assert result.returncode != 0
    assert result.stderr.startswith("lab: ")
    line = result.stdout if verb == "env" else f"export KUBECONFIG={shlex.quote(result.stdout.strip())}"
    after = shell(line, 'echo "$?"; cat "$KUBECONFIG"', KUBECONFIG=OWN)
    status, *content = after.stdout.splitlines()
    assert (status == "0") == (verb == "kubeconfig"), "`lab env` itself has failed in the shell"
    assert content == outside.NO_CLUSTER.read_text().splitlines()


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")
def test_kubectl_refuses_it_whatever_else_is_configured() -> None:
    kubectl = subprocess.run(
        ["kubectl", "get", "pods"],
        capture_output=True,
        text=True,
        check=False,
        # As in a pod, where kubectl would take an empty configuration for the cluster it runs in.
        env={**os.environ, "KUBECONFIG": str(outside.NO_CLUSTER), "KUBERNETES_SERVICE_HOST": "10.0.0.1"},
    )
    assert kubectl.returncode == 1
    assert "error loading config file" in kubectl.stderr
    assert "no-lab-is-running" in kubectl.stderr


class FakeProvider:
    def __init__(self, running: set[str]) -> None:
        self._running = running

    def state(self, name: str) -> State:
        return State.RUNNING if name in self._running else State.ENDED


@pytest.mark.parametrize(
    ("records", "running", "expected"),
    [
        ([], set(), "lab"),
        (["alice"], {"alice"}, "alice"),
        (["alice"], set(), "lab"),
        (["alice", "bob"], {"bob"}, "bob"),
        (["alice", "lab"], {"alice", "lab"}, "lab"),
        (["alice", "run-7"], {"alice", "run-7"}, "alice"),
    ],
)
def test_the_one_lab_that_runs_is_meant(
    monkeypatch: pytest.MonkeyPatch, records: list[str], running: set[str], expected: str
) -> None:
    for name in records:
        details: dict[str, object] = {"directory": "/nowhere", "network": 1}
        record.save(record.ClusterRecord(name, "embedded", time.time(), "1", details, kept=not name.startswith("run-")))
    monkeypatch.setattr(choose, "provider", lambda _: FakeProvider(running))
    assert at_hand.resolve_name(None) == expected
    assert at_hand.resolve_name("carol") == "carol"


def test_which_of_several_is_for_their_user_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("alice", "bob"):
        record.save(record.ClusterRecord(name, "embedded", 1.0, "1", {"directory": "/nowhere", "network": 1}))
    monkeypatch.setattr(choose, "provider", lambda _: FakeProvider({"alice", "bob"}))
    with pytest.raises(LabError, match="several labs run: alice, bob"):
        at_hand.resolve_name(None)


def test_several_labs_are_a_table() -> None:
    for name in ("a", "a-much-longer-name"):
        record.save(record.ClusterRecord(name, "embedded", 1.0, "1.37.1", {"directory": "/nowhere", "network": 1}))
    result = run_lab("status")
    head, first, second, *losses = result.stdout.splitlines()
    assert head.split() == ["NAME", "STATE", "PROVIDER", "KUBERNETES", "CREATED"]
    assert first.index("ended") == second.index("ended") == head.index("STATE")
    assert losses[0] == "lab a: its cluster has ended: its keeper was killed"
    assert json.loads(run_lab("status", "--json").stdout)[0]["kubeconfig"]


@pytest.mark.parametrize("verb", ["doctor", "up", "status", "down", "run", "kubeconfig", "env", "open", "reset"])
def test_every_verb_about_a_lab_takes_its_name_and_a_language(verb: str) -> None:
    command = typer.main.get_group(main.app).commands[verb]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--name", "--language"} <= options


@pytest.mark.parametrize(("typed", "step"), [("reset", "lab reset --help"), ("nope", "lab --help")])
def test_who_mistypes_a_verb_is_sent_to_its_own_help(typed: str, step: str) -> None:
    refused = run_lab(typed)
    assert refused.returncode == 2
    assert refused.stderr.endswith(f"next: {step}\n")


def test_a_learner_without_a_cluster_is_not_told_that_there_is_no_lab() -> None:
    paths.progress_directory("a").mkdir(parents=True)
    output = run_lab("status").stdout
    assert output.startswith("a  no cluster; next: lab up --name a\n")
    assert "no labs" not in output


@pytest.mark.parametrize("name", ["", "../../x", "A"])
@pytest.mark.parametrize("verb", ["doctor", "up", "status", "down", "run", "kubeconfig", "env", "open", "reset 3"])
def test_a_name_no_lab_can_have_is_refused_before_anything_is_made(verb: str, name: str, tmp_path: Path) -> None:
    refused = CliRunner().invoke(main.app, [*verb.split(), "--name", name])
    assert isinstance(refused.exception, LabError)
    assert str(refused.exception).startswith(f"{name!r}: a lab's name is")
    assert not list(tmp_path.iterdir())


def test_doctor_looks_at_what_the_named_lab_needs() -> None:
    record.save(record.ClusterRecord("a", "kind", 1.0, "1.37.1", {"directory": "/nowhere", "cluster": "c"}))
    result = run_lab("doctor", "--name", "a", "--json")
    assert list(json.loads(result.stdout)["providers"]) == ["kind"]
