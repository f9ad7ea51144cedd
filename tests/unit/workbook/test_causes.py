"""What kubectl v1.37, git 2.39 and bash say when they fail, as seen on a cluster, and what a learner is told then."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import language
from lab_helpers.workbook.session import causes, complaints

_K = "kubectl -n lab-03"
_INVALID = 'The Pod "w" is invalid: spec'


@pytest.mark.parametrize(
    ("command", "said", "hint", "next_step"),
    [
        (
            "kubectl create namespace lab-03",
            'Error from server (AlreadyExists): namespaces "lab-03" already exists',
            "lab-03 is there already",
            "Go on with the commands that come after it.",
        ),
        (
            "git log",
            "fatal: not a git repository (or any of the parent directories): .git",
            "git -C infra",
            "git -C infra",
        ),
        (
            "git commit -am x",
            "nothing to commit, working tree clean",
            "lost. A change of another repository",
            "that you meant, go on",
        ),
        ("git commit -m x", 'no changes added to commit (use "git add")', "git commit -a", "git -C infra status"),
        ("git commit -a", "Aborting commit due to empty commit message.", "what it is for", "with `-m`"),
        ("git commit -am x", "*** Please tell me who you are.", "whose commit", 'eval "$(lab env)"'),
        (
            "git commit -am x",
            "fatal: Unable to create '/w/infra/.git/index.lock': File exists.",
            "whose editor is open",
            "rm -f /w/infra/.git/index.lock   # where none is",
        ),
        (
            "git revert HEAD",
            "error: your local changes would be overwritten by revert.",
            "stands in the way",
            "git -C infra",
        ),
        ("git revert HEAD", "error: could not revert 60f5c3f... Deploy", "the same lines", "git -C infra status"),
        (
            f"{_K} create secret generic a",
            'error: failed to create secret secrets "a" already exists',
            "If it is as it should be, go on",
            f"{_K} get secrets a",
        ),
        (
            "helm upgrade --install prj-02 chart --namespace prj-02",
            "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
            "has left the release pending",
            "kubectl -n prj-02 delete secret -l 'owner=helm,status in (pending-install,",
        ),
        (
            f"{_K} exec writer -- ls",
            'Error from server (NotFound): pods "writer" not found',
            "There is no writer among the pods of lab-03",
            "kubectl get pods --all-namespaces",
        ),
        (
            "kubectl get pod writer",
            'Error from server (NotFound): pods "writer" not found',
            "of default, for the command names no namespace",
            "kubectl get pods --all-namespaces",
        ),
        (
            "kubectl -n nope create secret generic a",
            'error: failed to create secret namespaces "nope" not found',
            "There is no namespace nope",
            "kubectl get namespaces",
        ),
        (
            "kubectl apply -f -",
            'Error from server (NotFound): error when creating "feed.yaml": namespaces "lab-01" not found',
            "There is no namespace lab-01",
            "kubectl get namespaces",
        ),
        (
            "kubectl apply -f -",
            "error: error parsing worker.yaml: error converting YAML to JSON: yaml: line 29: found character that "
            "cannot start any token",
            "worker.yaml is no YAML: at or just before line 29",
            "kubectl apply --dry-run=client -f worker.yaml",
        ),
        (
            "kubectl get pods",
            "The connection to the server 127.0.0.1:9 was refused - did you specify the right host or port?",
            "does not answer",
            "lab status",
        ),
        (
            "kubectl get pods",
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
            "KUBECONFIG",
            "lab status",
        ),
        (
            "KUBECONFIG=/none kubectl get pods",
            "The connection to the server 127.0.0.1:0 was refused - did you specify the right host or port?",
            "KUBECONFIG",
            "lab status",
        ),
        (
            "kubectl apply -f -",
            'error: error validating "p.yaml": failed to download openapi: Get "https://127.0.0.1:9/openapi/v2": '
            "dial tcp 127.0.0.1:9: connect: connection refused; if you choose to ignore these errors",
            "does not answer",
            "lab status",
        ),
        (
            f"{_K} get pods",
            'Error from server (Forbidden): pods is forbidden: User "nobody" cannot list resource "pods" in API group',
            "an administrator's decision",
            f"{_K} auth can-i --list",
        ),
        (
            "kubectl apply -f -",
            f"{_INVALID}: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,",
            "can never be changed",
            "Delete it, then run the cell again.",
        ),
        (
            "kubectl apply -f -",
            f'{_INVALID}.containers[0].name: Invalid value: "W_": a lowercase RFC 1123 label must consist of',
            "for the field spec.containers[0].name",
            "Mend that field in the file, then apply it again.",
        ),
        (
            "kubectl apply -f -",
            'The request is invalid: patch: strict decoding error: unknown field "spec.container"',
            "There is no field `spec.container`",
            "`kubectl explain pod.spec --recursive` shows all fields of a pod, and where they belong.",
        ),
        ("kubectl creat x", 'error: unknown command "creat" for "kubectl"', "no command `creat`", "kubectl --help"),
        (
            f"{_K} exec w -- ls",
            'error: unable to upgrade connection: container not found ("w")',
            "does not run at this moment",
            f"{_K} get pods",
        ),
        (
            f"{_K} wait pod/w --for=condition=Ready",
            "error: timed out waiting for the condition on pods/w",
            "what it waited for did not come",
            f"{_K} describe pods/w",
        ),
        (
            f"{_K} rollout status deployment/d",
            "error: timed out waiting for the condition",
            "Which pod is not Ready",
            f"{_K} get pods",
        ),
        (
            f"{_K} exec w -- wget -qO- http://web",
            "wget: can't connect to remote host: Connection refused\ncommand terminated with exit code 1",
            "did reach the pod and ended there with 1",
            "Mend what stands after `--`, and run the cell again.",
        ),
        ("kubctl get x", "bash: line 1: kubctl: command not found", "Was kubectl meant?", "Mend the command, and run"),
        ("cat pul.yaml", "cat: pul.yaml: No such file or directory", "There is pull.yaml.", "`ls` shows what is"),
        ("kubectl apply -f pul.yaml", 'error: the path "pul.yaml" does not exist', "There is pull.yaml.", "ls "),
        ("cat claim.yaml", "cat: claim.yaml: No such file or directory", "no claim.yaml", "`lab reset claim.yaml`"),
        (
            f"{_K} exec keep -- echo $NONCE > /nowhere/nonce",
            "/usr/bin/bash: line 1: /nowhere/nonce: No such file or directory",
            "your own shell's and writes on this machine, not in the pod",
            "Mend the command, and run the cell again.",
        ),
        ("echo $NONSE", "bash: line 1: NONSE: unbound variable", "Nothing is called `$NONSE`", "Set it in this cell"),
        ("false", "", "", "Mend the command, and run the cell again."),
    ],
)
def test_what_follows_is_said(tmp_path: Path, command: str, said: str, hint: str, next_step: str) -> None:
    (tmp_path / "pull.yaml").write_text("kind: Pod\n")
    cause = causes.explain(command, command, said.splitlines(), tmp_path)
    assert hint in cause.hint
    assert next_step in cause.next_step
    assert cause.said == (said.splitlines() or [""])[-1]


def test_only_what_a_notebook_gives_is_said_to_come_back(tmp_path: Path) -> None:
    drawn = tmp_path / "infra/k8s/overlays/staging/secrets/prj-02.env"
    said = [f"error: loading KV pairs: lstat {drawn}: No such file or directory"]
    cause = causes.explain("", "", said, tmp_path)
    assert "lab reset" not in cause.next_step
    assert f"There is no {drawn.relative_to(tmp_path)} in {tmp_path}." in cause.hint
    manifest = "infra/k8s/base/deployments/prj-02.yaml"
    cause = causes.explain("", "", [f"lstat {tmp_path / manifest}: No such file or directory"], tmp_path)
    assert f"`lab reset {manifest}`" in cause.next_step


def test_values_that_were_not_drawn_yet_are_drawn(tmp_path: Path) -> None:
    directory = tmp_path / "infra/k8s/overlays/staging/secrets"
    said = (
        f"error: loading KV pairs: env source files: [secrets/prj-02.env]: evalsymlink failure on "
        f"'{directory}/prj-02.env' : lstat {directory}: no such file or directory"
    )
    cause = causes.explain("", "", [said], tmp_path)
    assert "The overlay wants secrets/prj-02.env" in cause.hint
    assert "the cell of this notebook that draws the values" in cause.next_step


def test_what_cannot_be_changed_is_replaced_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("kind: Pod\n")
    said = [f"{_INVALID}: Forbidden: pod updates may not change fields other than", *["    Ports: null"] * 90]
    cause = causes.explain("kubectl apply -f p.yaml", "kubectl apply -f p.yaml", said, tmp_path)
    assert (cause.said, cause.next_step) == (said[0], "kubectl replace --force -f p.yaml")


@pytest.mark.parametrize("command", ["kubectl apply -f p.yaml", "kubectl apply -k ."])
def test_a_manifest_that_cannot_be_read_is_said_with_its_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "p.yaml").write_text("kind: Pod\nspec:\n\tcontainers: []\n")
    (tmp_path / "kustomization.yaml").write_text("resources: [p.yaml]\n")
    said = ["error: error converting YAML to JSON: yaml: line 3: found character that cannot start any token"]
    cause = causes.explain(command, command, said, tmp_path)
    assert "p.yaml, line 3: `⇥containers: []`" in cause.hint
    assert "a tab" in cause.hint


def test_a_cell_that_went_back_already_is_not_run_again(tmp_path: Path) -> None:
    script = "kubectl -n prj-02 rollout undo deployment/prj-02\nkubectl -n prj-02 rollout status deployment/prj-02"
    said = ["deployment.apps/prj-02 rolled back", "error: timed out waiting for the condition"]
    cause = causes.explain(script, script.splitlines()[1], said, tmp_path)
    assert "a second undo goes forward" in cause.hint
    assert cause.next_step == "kubectl -n prj-02 rollout status deployment/prj-02"


def test_what_follows_is_said_in_korean_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", "ko")
    for known in complaints.COMPLAINTS:
        assert language.gettext(known.hint) != known.hint
        if known.next_step.endswith("."):
            assert language.gettext(known.next_step) != known.next_step
