"""Helm on a real cluster: deployed, tested, undone by itself; killed, adopted, refused, and the way out of each."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from lab_helpers import checkout, programs, shell, wait
from lab_helpers.cluster import at_hand
from lab_helpers.images import application_images, applications
from tests.commands import run_lab

pytestmark = pytest.mark.cluster

_SCRIPT = "_shared/scripts/deploy/helm-deploy.sh"
_BASE = ("k8s/base/namespaces/prj-02.yaml", "k8s/base/storageclasses/local-path-retain.yaml")
_SECONDS = 120.0
_KEY = "canary-of-the-helm-test"
_SHOW = (Path(sys.executable).parent / "lab", "config", "show", "prj-02")


@dataclass(frozen=True)
class Deploy:
    """A Deploy repository, and a cluster to deploy it to.

    Attributes:
        repository: The repository.
        variables: What points kubectl, helm and the lab to the cluster.
    """

    repository: Path
    variables: Mapping[str, str]

    def run(self, *command: str | Path, seconds: float = _SECONDS, text: str | None = None) -> str:
        """Run a command; what it prints."""
        return shell.run(command, env=self.variables, timeout=seconds, input=text, cwd=self.repository).stdout

    def attempt(self, *command: str | Path, **variables: str) -> tuple[int, str, str]:
        """Run a command that may fail: its exit code, what it prints, and the last line of what it complains of."""
        environment = {**self.variables, **variables}
        ended = shell.run(command, env=environment, timeout=_SECONDS, cwd=self.repository, check=False)
        return ended.returncode, ended.stdout, (ended.stderr.strip().splitlines() or [""])[-1]

    def deploy(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """Run the script for prj-02 in staging."""
        return self.attempt(self.repository / _SCRIPT, *arguments, **variables)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the script as a terminal does: in a process group of its own."""
        return subprocess.Popen(
            [self.repository / _SCRIPT, *arguments],
            env={**os.environ, **self.variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def with_failing_test(self, directory: Path) -> Deploy:
        """The same cluster, and a copy of the repository whose chart's test asks for what no release has."""
        repository = Path(shutil.copytree(self.repository, directory / "infra"))
        test = repository / "helm/apps/prj-02/templates/tests/answers.yaml"
        test.write_text(test.read_text().replace("'/ready'", "'/nowhere'"))
        return Deploy(repository, self.variables)

    def image(self) -> str:
        """The image of the live Deployment; empty without one."""
        path = "jsonpath={.items[*].spec.template.spec.containers[0].image}"
        return self.run("kubectl", "-n", "prj-02", "get", "deployment", "-o", path).rpartition(":")[2]

    def wait_for(self, tag: str) -> None:
        """Wait until the live Deployment has an image of this tag."""
        wait.until(lambda: self.image() == tag, seconds=_SECONDS, outcome="be sent", object=tag)

    def states(self) -> list[str]:
        """The states of the release's revisions, the newest last."""
        history = self.run("helm", "--namespace", "prj-02", "history", "prj-02", "--output", "json")
        return [revision["status"] for revision in json.loads(history)]

    def answers(self) -> set[str]:
        """The versions that the pods answer with which are there to stay."""
        pods = json.loads(self.run("kubectl", "-n", "prj-02", "get", "pods", "-l", "app=prj-02", "-o", "json"))["items"]
        staying = [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        path = "/api/v1/namespaces/prj-02/pods/{}:8080/proxy/version"
        return {json.loads(self.run("kubectl", "get", "--raw", path.format(pod)))["version"] for pod in staying}


@pytest.fixture(scope="module")
def cluster(lab_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploy]:
    tools = programs.resolve(lambda _line: None, "helm", "kubectl")
    repository = tmp_path_factory.mktemp("helm") / "infra"
    shutil.copytree(checkout.infra_directory(), repository, ignore=shutil.ignore_patterns("*.env"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join(str(program.parent) for program in tools.values()), prepend=os.pathsep)
        up = run_lab("up", "--name", lab_name)
        assert up.returncode == 0, up.stderr
        running = at_hand.attached(lab_name)
        application_images.push(applications.load("prj_02"), running.registry, lambda _line: None)
        variables = {"KUBECONFIG": str(running.kubeconfig), "KUBERC": "off"}
        deploy = Deploy(repository, variables)
        deploy.run("kubectl", "apply", *(f"--filename={repository / name}" for name in _BASE))
        config = running.registry.docker_config(repository.parent / "config.json")
        create = ("kubectl", "-n", "prj-02", "create", "secret")
        deploy.run(*create, "docker-registry", "ghcr-secret", f"--from-file=.dockerconfigjson={config}")
        deploy.run(repository / "_shared/scripts/env/setup_env_secure.sh", "staging")
        file = repository / "k8s/overlays/staging/secrets/prj-02.env"
        values = dict(line.split("=", 1) for line in file.read_text().splitlines()) | {"API_KEY": _KEY}
        file.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
        deploy.run(*create, "generic", "prj-02-secrets", f"--from-env-file={file}")
        yield deploy


@pytest.fixture
def deployed(cluster: Deploy) -> Deploy:
    """A cluster on which v1.0.0 serves, deployed by the script."""
    code, _, complaint = cluster.deploy("prj-02", "staging")
    assert code == 0, complaint
    return cluster


def test_a_release_is_deployed_and_tested_and_may_be_taken_back(deployed: Deploy) -> None:
    before = len(deployed.states())
    code, printed, complaint = deployed.deploy("prj-02", "staging", "v1.1.0")
    assert (code, deployed.answers()) == (0, {"v1.1.0"}), complaint
    assert "/version 200" in printed, "helm test asked it"
    deployed.run("helm", "--namespace", "prj-02", "rollback", "prj-02", str(before), "--wait")
    assert deployed.answers() == {"v1.0.0"}
    assert "Succeeded" in deployed.run("helm", "--namespace", "prj-02", "test", "prj-02")


def test_one_that_never_gets_ready_is_undone_and_said(deployed: Deploy) -> None:
    code, _, complaint = deployed.deploy("prj-02", "staging", "v1.2.0", SECONDS_TO_READY="15")
    assert (code, deployed.answers()) == (1, {"v1.0.0"})
    assert "release/prj-02: failed and undone: what revision" in complaint
    assert deployed.states()[-2:] == ["failed", "deployed"]


def test_one_that_fails_its_test_is_undone_and_said(deployed: Deploy, tmp_path: Path) -> None:
    code, printed, complaint = deployed.with_failing_test(tmp_path).deploy("prj-02", "staging", "v1.1.0")
    assert (code, deployed.answers()) == (1, {"v1.0.0"})
    assert "/nowhere 404" in printed
    assert "does not pass its test and was undone" in complaint


def test_one_that_is_interrupted_is_undone_and_said(deployed: Deploy) -> None:
    process = deployed.start("prj-02", "staging", "v1.2.0")
    deployed.wait_for("v1.2.0")
    os.killpg(process.pid, signal.SIGINT)
    complaint = process.communicate(timeout=_SECONDS)[1].strip().splitlines()[-1]
    assert (process.returncode, deployed.answers()) == (130, {"v1.0.0"})
    assert "interrupted and undone" in complaint


def test_from_one_that_was_killed_the_command_that_is_said_leads_back(deployed: Deploy) -> None:
    process = deployed.start("prj-02", "staging", "v1.2.0")
    deployed.wait_for("v1.2.0")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=_SECONDS)
    assert deployed.states()[-1] == "pending-upgrade"
    code, _, complaint = deployed.deploy("prj-02", "staging", "v1.1.0")
    assert code == 1
    assert "an upgrade or rollback was interrupted" in complaint
    deployed.run(*shlex.split(complaint.rpartition("next: ")[2]))
    assert deployed.answers() == {"v1.0.0"}
    assert deployed.deploy("prj-02", "staging", "v1.1.0")[0] == 0


def test_what_kubectl_applied_is_left_alone_until_helm_is_told_to_adopt_it(cluster: Deploy, tmp_path: Path) -> None:
    cluster.attempt("helm", "--namespace", "prj-02", "uninstall", "prj-02", "--wait")
    rendered = cluster.run("kubectl", "kustomize", cluster.repository / "k8s/overlays/staging")
    objects = [it for it in yaml.safe_load_all(rendered) if it["metadata"].get("namespace") == "prj-02"]
    cluster.run("kubectl", "apply", "-f", "-", text=yaml.safe_dump_all(objects))
    # Not `rollout status`: staging's deadline of fifteen seconds may pass while the image is being pulled.
    cluster.run("kubectl", "-n", "prj-02", "wait", "--for=condition=Available", "deployment/prj-02", "--timeout=120s")
    claims = cluster.run("kubectl", "-n", "prj-02", "get", "pvc", "-o", "jsonpath={.items[*].metadata.uid}")
    printed = cluster.attempt(*_SHOW, "--path", cluster.repository)[1]
    assert ("0 drifted from what kubectl deployed" in printed, "3 Helm" in printed) == (True, False), printed

    code, _, complaint = cluster.deploy("prj-02", "staging")
    assert (code, complaint.partition("; next: ")[2]) == (1, "helm-deploy.sh --adopt prj-02 staging")
    code, _, complaint = cluster.deploy("--adopt", "prj-02", "staging", "v1.2.0", SECONDS_TO_READY="15")
    assert (code, cluster.answers()) == (1, {"v1.0.0"}), "what kubectl applied serves on"
    assert "deployment/prj-02 was rolled back" in complaint
    code, _, complaint = cluster.with_failing_test(tmp_path).deploy("--adopt", "prj-02", "staging", "v1.1.0")
    assert (code, cluster.answers()) == (1, {"v1.0.0"}), complaint
    assert "does not pass its test; deployment/prj-02 was rolled back" in complaint
    code, _, complaint = cluster.deploy("--adopt", "prj-02", "staging", "v1.1.0")
    assert (code, cluster.answers()) == (0, {"v1.1.0"}), complaint
    code, _, complaint = cluster.deploy("prj-02", "staging")
    assert (code, cluster.answers()) == (0, {"v1.0.0"}), f"it is Helm's alone from then on: {complaint}"
    assert cluster.run("kubectl", "-n", "prj-02", "get", "pvc", "-o", "jsonpath={.items[*].metadata.uid}") == claims


def test_what_helm_deploys_is_what_the_files_say_and_what_is_changed_by_hand_is_not(deployed: Deploy) -> None:
    show = (*_SHOW, "--path", deployed.repository)
    code, printed, _ = deployed.attempt(*show)
    assert (code, "0 drifted from what helm deployed" in printed) == (0, True), printed
    assert "3 Helm values, over 2" in printed, "the chart deployed it, and so its values count"
    change = '{"data": {"LOG_LEVEL": "warn"}}'
    deployed.run("kubectl", "-n", "prj-02", "patch", "configmap", "prj-02-config", "--type=merge", "-p", change)
    code, printed, _ = deployed.attempt(*show, "--json")
    variables = {variable["name"]: variable for variable in json.loads(printed)["variables"]}
    assert (code, variables["LOG_LEVEL"]["runs"], variables["LOG_LEVEL"]["findings"]) == (1, "warn", ["drift", "stale"])
    assert variables["API_KEY"]["findings"] == [], "it was compared"
    assert _KEY not in printed


_ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: guest, namespace: prj-02}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: guest, namespace: prj-02}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: guest, namespace: prj-02}]
"""


def test_whoever_may_only_look_is_told_so_in_a_line(cluster: Deploy, tmp_path: Path) -> None:
    cluster.run("kubectl", "apply", "-f", "-", text=_ACCOUNT)
    config = yaml.safe_load(Path(cluster.variables["KUBECONFIG"]).read_text())
    token = cluster.run("kubectl", "-n", "prj-02", "create", "token", "guest").strip()
    config["users"][0]["user"] = {"token": token}
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    code, printed, complaint = cluster.deploy("prj-02", "staging", KUBECONFIG=str(kubeconfig))
    assert (code, printed) == (1, "")
    assert complaint.startswith("helm-deploy.sh: namespace/prj-02: ")
    assert "next: " in complaint


def test_where_no_cluster_answers_that_is_said_in_a_line(cluster: Deploy, tmp_path: Path) -> None:
    config = yaml.safe_load(Path(cluster.variables["KUBECONFIG"]).read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    code, printed, complaint = cluster.deploy("prj-02", "staging", KUBECONFIG=str(kubeconfig))
    assert (code, printed) == (1, "")
    assert complaint.startswith("helm-deploy.sh: cluster: does not answer: ")
