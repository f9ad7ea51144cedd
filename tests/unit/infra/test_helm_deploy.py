"""helm-deploy.sh where no cluster is needed: wrong arguments and values are a line each, a dry run only prints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_helpers import programs, shell

_SCRIPT = "_shared/scripts/deploy/helm-deploy.sh"


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Helm and kubectl are on PATH, and know no cluster."""
    tools = programs.resolve(lambda _line: None, "helm", "kubectl")
    monkeypatch.setenv("PATH", os.pathsep.join(str(path.parent) for path in tools.values()), prepend=os.pathsep)
    monkeypatch.setenv("KUBECONFIG", "/dev/null")


def _run(template: Path, *arguments: str, **variables: str) -> shell.Completed:
    return shell.run([template / _SCRIPT, *arguments], check=False, env=variables)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "arguments: 0 instead of two or three; next: usage: "),
        (("prj-02", "staging", "v1.0.0", "more"), "arguments: 4 instead of two or three"),
        (("--force", "prj-02", "staging"), "--force: there is no such option; next: helm-deploy.sh --help"),
        (("prj-09", "staging"), "prj-09: there is no chart of that name; next: ls "),
        (("../apps/prj-02", "staging"), "../apps/prj-02: is no name of a chart"),
        (("prj-02", "qa"), "qa: is neither staging nor production"),
        (("prj-02", "staging", "latest"), "values of prj-02 for staging: at '/image/tag': 'latest' does not match"),
    ],
)
def test_wrong_arguments_are_a_line_each(template: Path, arguments: tuple[str, ...], complaint: str) -> None:
    ended = _run(template, *arguments)
    assert (ended.returncode, ended.stdout, len(ended.stderr.splitlines())) == (2, "", 1)
    assert ended.stderr.startswith(f"helm-deploy.sh: {complaint}")


@pytest.mark.parametrize("time", ["soon", "0", "-1"])
def test_a_time_that_is_none_is_refused(template: Path, time: str) -> None:
    ended = _run(template, "prj-02", "staging", SECONDS_TO_READY=time)
    reason = f"helm-deploy.sh: SECONDS_TO_READY: is no number of seconds: {time}"
    assert (ended.returncode, ended.stderr.partition(";")[0]) == (2, reason)


def test_without_a_cluster_nothing_is_done(template: Path) -> None:
    ended = _run(template, "prj-02", "staging")
    assert (ended.returncode, ended.stdout, len(ended.stderr.splitlines())) == (1, "", 1)
    assert ended.stderr.startswith("helm-deploy.sh: cluster: does not answer: ")


@pytest.mark.parametrize(("adopt", "undone_by"), [((), "--rollback-on-failure"), (("--adopt",), "--take-ownership")])
def test_a_dry_run_prints_what_can_be_pasted(template: Path, adopt: tuple[str, ...], undone_by: str) -> None:
    ended = _run(template, "prj-02", *adopt, "production", "v1.1.0", "--dry-run")
    upgrade, test = ended.stdout.splitlines()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert upgrade.startswith(f"+ helm upgrade --install prj-02 {template}/helm/apps/prj-02 --namespace prj-02 ")
    assert "values-prod.yaml --set-literal image.tag=v1.1.0 " in upgrade
    # Of a first release `--rollback-on-failure` takes away all that it made: here that would be what it adopted.
    assert ("--rollback-on-failure" in upgrade, undone_by in upgrade) == (not adopt, True)
    assert test.startswith("+ helm test prj-02 --namespace prj-02 ")


def test_help_says_how_and_what_the_exit_codes_are(template: Path) -> None:
    ended = _run(template, "--help")
    assert ended.returncode == 0
    assert "helm-deploy.sh [--dry-run] [--adopt] APP staging|production [TAG]" in ended.stdout
    assert "Exit code: 0" in ended.stdout
    assert "set -eu" not in ended.stdout


def test_without_helm_that_is_said(template: Path, tmp_path: Path) -> None:
    for name in ("sh", "dirname", "setpriv"):
        (tmp_path / name).symlink_to(str(shell.find(name)))
    ended = _run(template, "prj-02", "staging", PATH=str(tmp_path))
    assert (ended.returncode, ended.stderr.partition(";")[0]) == (1, "helm-deploy.sh: helm: is not on PATH")


_HELM = """#!/bin/sh
echo "helm $*" >>"$HOME/asked"
case $1 in
    history) state=$(cat "$HOME/state" 2>/dev/null) || state=deployed
        [ -z "$BEFORE" ] || printf 'REVISION\\tUPDATED\\tSTATUS\\n%s\\tnow\\t%s\\n' "$BEFORE" "$state" ;;
    upgrade) echo "$PODS" >"$HOME/pods"; [ -z "${AFTER:-}" ] || echo "$AFTER" >"$HOME/state" ;;
esac
[ "$1" != "$INTERRUPTED" ] || kill -INT $PPID
[ "$1" != "$FAILED" ]
"""
_KUBECTL = """#!/bin/sh
echo "kubectl $*" >>"$HOME/asked"
case "$*" in
    *deployment*revision*) cat "$HOME/pods" ;;
    *" can-i "*) echo yes ;;
    *" get "*) echo there ;;
esac
"""
_ROLLBACK = "helm rollback prj-02 1 --namespace prj-02 --wait --timeout 120s"
_UNDO = "kubectl --namespace prj-02 rollout undo deployment/prj-02 --to-revision=3"
_FORGET = "kubectl --namespace prj-02 delete secret --selector=owner=helm,name=prj-02"
_UNINSTALL = "helm uninstall prj-02 --namespace prj-02 --ignore-not-found --wait --timeout 120s"
_BACK = {
    "adopting, not sent": ("--adopt", "", "3", "upgrade", "", 1, [_FORGET], "are what they were"),
    "adopting, not ready": (
        "--adopt",
        "",
        "4",
        "upgrade",
        "",
        1,
        [_UNDO, _FORGET],
        "failed; deployment/prj-02 was rolled",
    ),
    "adopting, stopped": (
        "--adopt",
        "",
        "4",
        "upgrade",
        "upgrade",
        130,
        [_UNDO, _FORGET],
        "interrupted; deployment/prj",
    ),
    "adopting, bad": ("--adopt", "", "4", "test", "", 1, [_UNDO, _FORGET], "not pass its test; deployment/prj-02 was"),
    "adopting again": (
        "--adopt",
        "1",
        "4",
        "test",
        "",
        1,
        [f"{_ROLLBACK} --force-conflicts"],
        "and was undone: what revision 1",
    ),
    "bad": ("", "1", "4", "test", "", 1, [_ROLLBACK], "does not pass its test and was undone: what revision 1"),
    "first, bad": ("", "", "4", "test", "", 1, [], "does not pass its test, and there is none to go back to"),
    "untested": (
        "",
        "1",
        "4",
        "",
        "upgrade",
        130,
        [_ROLLBACK],
        "interrupted before its test and was undone: what revision 1",
    ),
    "first, untested": (
        "",
        "",
        "4",
        "",
        "upgrade",
        130,
        [_UNINSTALL],
        "there was none before, and nothing is left of it",
    ),
    "half tested": ("", "1", "4", "test", "test", 130, [_ROLLBACK], "interrupted during its test and was undone"),
}


def _run_beside(
    directory: Path, template: Path, *arguments: str, helm: str = _HELM, kubectl: str = _KUBECTL, **variables: str
) -> shell.Completed:
    """Run the script with stand-ins for helm and kubectl, on a cluster where the pods' template is the third."""
    for name, text in (("helm", helm), ("kubectl", kubectl), ("pods", "3\n")):
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    path = f"{directory}{os.pathsep}{os.environ['PATH']}"
    return _run(template, *arguments, "prj-02", "staging", HOME=str(directory), PATH=path, **variables)


@pytest.mark.parametrize("case", _BACK)
def test_what_does_not_serve_goes_back_to_what_did(case: str, template: Path, tmp_path: Path) -> None:
    adopt, before, pods, failed, interrupted, code, commands, complaint = _BACK[case]
    variables = {"BEFORE": before, "PODS": pods, "FAILED": failed, "INTERRUPTED": interrupted}
    nothing_there = _KUBECTL.replace("case", 'case "$*" in *"deployment/"*) exit ;; esac\ncase', 1)
    kubectl = _KUBECTL if adopt or before else nothing_there
    ended = _run_beside(tmp_path, template, *filter(None, [adopt]), kubectl=kubectl, **variables)
    assert (ended.returncode, complaint in ended.stderr.splitlines()[-1]) == (code, True), ended
    lines = (tmp_path / "asked").read_text().splitlines()
    ways = (" rollout undo ", "helm rollback ", "helm uninstall ", " delete ")
    assert [command for command in lines if any(way in command for way in ways)] == commands


@pytest.mark.parametrize(
    ("after", "complaint"),
    [
        ("deployed", "failed and undone: what revision 1"),
        ("pending-rollback", "failed or interrupted, and was not undone"),
    ],
)
def test_what_helm_has_not_undone_is_not_called_so(after: str, complaint: str, template: Path, tmp_path: Path) -> None:
    variables = {"BEFORE": "1", "PODS": "4", "FAILED": "upgrade", "INTERRUPTED": "", "AFTER": after}
    ended = _run_beside(tmp_path, template, **variables)
    assert (ended.returncode, complaint in ended.stderr.splitlines()[-1]) == (1, True), ended


def test_a_terminal_that_is_closed_ends_nothing_half_way(template: Path, tmp_path: Path) -> None:
    hang_up = "case $1 in upgrade) kill -HUP $PPID $$ ;; esac"
    helm = _HELM.replace("case", f"{hang_up}\ncase", 1)
    ended = _run_beside(tmp_path, template, helm=helm, BEFORE="1", PODS="4", FAILED="", INTERRUPTED="")
    assert (ended.returncode, ended.stdout.splitlines()[-1].endswith("serves in namespace prj-02")) == (0, True), ended
