"""The workbook on a cluster that is somebody else's, as a user who may work in a few labelled namespaces only."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from lab_helpers import wait
from lab_helpers.cluster.base import Capability
from lab_helpers.cluster.existing import namespaces
from lab_helpers.images import registry
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.territory import of_workbook
from tests.commands import read_until
from tests.integration.cluster.remains import assert_nothing_remains
from tests.integration.existing.theirs import CONTEXT, PREFIX, PULLER, Object, Theirs, theirs

# A run of all notebooks is one test's.
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theirs]:
    name = f"t-theirs-{os.getpid()}"
    with theirs(name, tmp_path_factory.mktemp("theirs")) as foreign:
        yield foreign
    assert_nothing_remains(name)


@contextmanager
def _leaving_nothing(place: Theirs) -> Iterator[None]:
    """Afterwards: no process, nothing of the lab's in the namespaces, all else and the kubeconfig as before."""
    before, config = place.objects(inside=False), place.user.read_bytes()
    yield
    assert place.processes() == []
    assert place.created() == set()
    assert place.user.read_bytes() == config
    changed: set[Object] = set()

    def is_as_before() -> bool:
        changed.clear()
        changed.update(place.objects(inside=False) ^ before)
        return not changed

    # A volume outlives its claim for a moment, and so does the pod that removes its directory.
    wait.until(is_as_before, seconds=30, outcome="be as before elsewhere", last_event=lambda: str(changed), every=0.5)


@pytest.fixture(autouse=True)
def _leaves_nothing(place: Theirs) -> Iterator[None]:
    with _leaving_nothing(place):
        yield


@pytest.fixture(scope="module")
def output(place: Theirs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run of the whole workbook left."""
    directory = tmp_path_factory.mktemp("run")
    with _leaving_nothing(place):
        ran = place.lab("run", *place.named, "--output", str(directory))
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return directory


def _cases(output: Path) -> dict[tuple[str, str], str]:
    """Each test case of JUnit: why it was skipped, or an empty text for a pass."""
    verdicts = {}
    for case in ET.parse(output / "junit.xml").iter("testcase"):
        assert case.find("failure") is None
        skipped = case.find("skipped")
        name = (case.get("classname", ""), case.get("name", ""))
        verdicts[name] = "" if skipped is None else skipped.get("message", "")
    return verdicts


def test_every_step_passes_but_what_needs_more_than_namespaces(output: Path) -> None:
    cases = _cases(output)
    for notebook in outlines.notebooks():
        outline = outlines.load(notebook)
        for step in outline.steps:
            if outline.addons:  # none of them is on this cluster, and the lab installs nothing there
                why = cases[(notebook, f"{step.id} {step.title}")]
                assert any(text in why for text in (*(f"add-on {name}" for name in outline.addons), *step.needs)), why
                continue
            lacking = step.needs - {Capability.BUILDS}  # which the machine gives
            why = cases[(notebook, f"{step.id} {step.title}")] if lacking else ""
            assert all(need in why for need in lacking), why
            if not lacking:
                assert [why for (_, case), why in cases.items() if case.startswith(f"{step.id} ")] == [""]


@pytest.mark.parametrize(
    ("notebook", "command", "need"),
    [
        ("03_cluster", "parts.table(lab)", "cluster-read"),
        ("03_cluster", "kubectl get nodes -o wide", "cluster-read"),
        (
            "03_cluster",
            "kubectl create namespace lab-03 --dry-run=client -o yaml | kubectl apply -f -",
            "namespaces",
        ),
        ("04_deploy_repo", "lab addon install sealed-secrets", "namespaces"),
        ("05_first_deploy", "kubectl apply -f infra/k8s/base/namespaces", "namespaces"),
    ],
)
def test_what_is_skipped_is_named_in_junit_report_and_notebook(
    output: Path, notebook: str, command: str, need: str
) -> None:
    reason = _cases(output)[(notebook, f"cell: {command}")]
    assert f"needs {need}" in reason
    assert "provider existing" in reason
    page = (output / "report.html").read_text()
    assert command in page
    assert reason in page
    executed = (output / "notebooks" / f"{notebook}.ipynb").read_text()
    assert f"– skipped: {command}" in executed


def test_the_images_went_through_the_users_registry(output: Path, place: Theirs) -> None:
    assert "v1.0.0" in registry.tags(place.registry, f"{PREFIX}/org/prj-02")
    executed = (output / "notebooks" / "05_first_deploy.ipynb").read_text()
    assert f"{place.registry.host}/{PREFIX}/org/prj-02:v1.0.0" in executed


def test_no_secret_is_in_what_the_run_left(output: Path, place: Theirs) -> None:
    secrets = [place.registry.password, place.user.read_text().partition("token: ")[2].splitlines()[0]]
    for file in output.rglob("*"):
        if file.is_file():
            content = file.read_text(errors="replace")
            assert not [secret for secret in secrets if secret in content], file


def test_the_cluster_is_given_the_credentials_that_pull_and_no_others(place: Theirs, tmp_path: Path) -> None:
    def find_given() -> set[str]:
        items = json.loads(place.kubectl("-n", "lab-03", "get", "secrets", "-o", "json"))["items"]
        configs = [item["data"][".dockerconfigjson"] for item in items if ".dockerconfigjson" in item["data"]]
        entries = [item for config in configs for item in json.loads(base64.b64decode(config))["auths"].values()]
        return {base64.b64decode(entry["auth"]).decode().partition(":")[0] for entry in entries}

    run = place.start("run", "03", *place.named, "--output", str(tmp_path))
    credentials = wait.until(find_given, seconds=200, outcome="make a pull secret", object="lab run")
    _, said = run.communicate(timeout=200)
    assert run.returncode == 0, said
    assert credentials == {PULLER}
    secret = json.loads(place.pull_config.read_text())["auths"][place.registry.host]["auth"]
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != ".secrets"]
    assert not [file for file in files if secret in file.read_text(errors="replace")]


def test_an_unlabelled_namespace_is_refused_and_left_alone(place: Theirs) -> None:
    label = f"{namespaces.LABEL}={namespaces.LABEL_VALUE}"
    place.kubectl("label", "namespace", "prj-02", f"{namespaces.LABEL}-")
    place.kubectl("-n", "prj-02", "create", "configmap", "precious")
    try:
        refused = place.lab("up", *place.named, "--name", "mine")
        assert refused.returncode == 1
        assert f"namespace prj-02: is not the lab's: it lacks the label {label}" in refused.stderr
        assert f"next: kubectl label namespace prj-02 {label}" in refused.stderr
        assert place.created() == {("ConfigMap", "precious")}
        assert place.lab("status", "--name", "mine").returncode == 1
    finally:
        place.kubectl("label", "namespace", "prj-02", label)
        place.kubectl("-n", "prj-02", "delete", "configmap", "precious")


def test_what_was_there_before_the_lab_stays(place: Theirs) -> None:
    place.kubectl("-n", "prj-02", "create", "configmap", "precious")
    try:
        assert place.lab("up", *place.named, "--name", "mine").returncode == 0
        kubeconfig = Path(place.lab("kubeconfig", "--name", "mine").stdout.strip())
        assert kubeconfig.stat().st_mode & 0o777 == 0o600
        assert "elsewhere" not in kubeconfig.read_text()
        subprocess.run(
            ["kubectl", f"--kubeconfig={kubeconfig}", "-n", "prj-02", "create", "configmap", "new"], check=True
        )
        other = place.lab("up", *place.named, "--name", "other")
        assert "lab mine works in the same namespaces" in other.stderr
        down = place.lab("down", "--name", "mine")
        assert down.returncode == 0, down.stderr
        assert place.created() == {("ConfigMap", "precious")}
        assert json.loads(place.lab("status", "--json").stdout) == []
    finally:
        place.kubectl("-n", "prj-02", "delete", "configmap", "precious")


def test_a_context_without_rights_is_told_which_it_lacks(place: Theirs) -> None:
    place.kubectl("-n", "prj-02", "delete", "rolebinding", "lab-learner")
    try:
        refused = place.lab("doctor", *place.named)
        assert refused.returncode == 1
        assert "✓ API server" in refused.stdout
        assert "namespace prj-02: is not there, or not for this user to see" in refused.stdout
        assert "next: lab admin-manifest | kubectl apply -f -" in refused.stdout
    finally:
        place.kubectl("apply", "-f", "-", input=place.lab("admin-manifest").stdout)
    assert place.lab("doctor", *place.named).returncode == 0


def test_a_kept_lab_whose_token_has_ended_goes_on_with_a_new_one(place: Theirs) -> None:
    home, *_others = of_workbook().namespaces
    account = "short-lived"
    for namespace in of_workbook().namespaces:
        role = ("--role=lab-learner", f"--serviceaccount={home}:{account}")
        place.kubectl("-n", namespace, "create", "rolebinding", account, *role)
    learner = replace(place, user=place.user.with_name(account))
    try:
        _give_token(learner, home, account)
        assert learner.lab("up", *place.named, "--name", "mine").returncode == 0
        place.kubectl("-n", home, "delete", "serviceaccount", account)
        # The API server remembers for a few seconds that it was good.
        wait.until(lambda: "(HTTP 401)" in learner.lab("doctor", *place.named).stdout, seconds=60, outcome="end")
        refused = learner.lab("down", "--name", "mine")
        assert refused.returncode == 1
        assert "next: lab up --provider existing --name mine" in refused.stderr
        _give_token(learner, home, account)
        again = learner.lab("up", "--provider", "existing", "--name", "mine")
        assert again.returncode == 0, again.stderr
        down = learner.lab("down", "--name", "mine")
        assert down.returncode == 0, down.stderr
    finally:
        for namespace in of_workbook().namespaces:
            place.kubectl("-n", namespace, "delete", "rolebinding", account)
        place.kubectl("-n", home, "delete", "serviceaccount", account)
        learner.user.unlink()


def _give_token(learner: Theirs, home: str, account: str) -> None:
    """Make an account, and write the kubeconfig of whoever uses it."""
    learner.kubectl("-n", home, "create", "serviceaccount", account)
    token = learner.kubectl("-n", home, "create", "token", account).strip()
    config = learner.user.with_name("kubeconfig").read_text()
    learner.user.write_text(config.replace(config.partition("token: ")[2].splitlines()[0], token))


def _at_step(place: Theirs, output: Path, step: str) -> subprocess.Popen[str]:
    run = place.start("run", step.partition(".")[0], *place.named, "--output", str(output))
    read_until(run, f"✓ {step}")
    return run


def test_ctrl_c_empties_the_namespaces(place: Theirs, tmp_path: Path) -> None:
    run = _at_step(place, tmp_path, "5.1")
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=120)
    assert run.returncode == 130, said


def test_a_killed_run_leaves_no_process_and_the_next_command_clears_up(place: Theirs, tmp_path: Path) -> None:
    run = _at_step(place, tmp_path, "3.2")
    run.kill()
    run.communicate()
    wait.until(lambda: not place.processes(), seconds=10, outcome="leave no process", object="lab run")
    assert ("Secret", "ghcr-secret") in place.created()
    assert place.lab("up", *place.named, "--name", "mine").returncode == 0
    assert place.created() == {("ConfigMap", namespaces.MARKER)}
    assert [lab["name"] for lab in json.loads(place.lab("status", "--json").stdout)] == ["mine"]
    assert place.lab("down", "--name", "mine").returncode == 0
    for namespace in of_workbook().namespaces:
        assert namespaces.LABEL in place.kubectl("get", "namespace", namespace, "-o", "yaml")


def test_the_context_named_is_the_one_used(place: Theirs) -> None:
    options = place.named
    options[options.index(CONTEXT)] = "nobody-has-this"
    refused = place.lab("up", *options, "--name", "mine")
    assert refused.returncode == 1
    assert "its contexts are elsewhere, learner@theirs" in refused.stderr
