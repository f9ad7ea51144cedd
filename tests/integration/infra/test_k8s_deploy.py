"""k8s-deploy.sh on a real cluster: what fails or is interrupted goes back, and nothing that somebody else did."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from lab_helpers import checkout, shell
from lab_helpers.images import application_images, applications, services
from lab_helpers.testing.fixture import LabFixture

pytestmark = pytest.mark.cluster

_OBJECTS = Path(__file__).parent / "deployed.yaml"
_GOOD, _NEVER_READY = "v1.0.0", "v1.2.0"
_IMAGES = "jsonpath={.items[*].spec.template.spec.containers[0].image} {.items[*].status.readyReplicas}"
# What the test holds a script to: the answer is known in seconds, and no signal waits for a rollout's end.
_SECONDS = 120.0


class Repository:
    """A Deploy repository of one overlay, a Deployment and a StatefulSet in the namespace of a test."""

    def __init__(self, directory: Path, lab: LabFixture) -> None:
        self.script = directory / "_shared/scripts/deploy/k8s-deploy.sh"
        self.overlay = directory / "k8s/overlays/staging"
        self.lab = lab
        self.environment = {"KUBECONFIG": str(lab.kubeconfig_path)}
        shutil.copytree(checkout.infra_directory() / "_shared/scripts", directory / "_shared/scripts")
        self.overlay.mkdir(parents=True)
        self.write(_GOOD)

    def write(self, tag: str, ping: str = "ping") -> None:
        """Write the overlay: the release of the Deployment, and what the StatefulSet's readiness asks."""
        text = _OBJECTS.read_text().replace("NAMESPACE", self.lab.namespace).replace("TAG", tag).replace("PING", ping)
        (self.overlay / "objects.yaml").write_text(text)
        (self.overlay / "kustomization.yaml").write_text("resources: [objects.yaml]\n")

    def deploy(self, *arguments: str) -> shell.Completed:
        """Run the script, from a directory that is not the repository."""
        return shell.run(
            [self.script, *arguments, "staging"], env=self.environment, cwd=Path("/"), check=False, timeout=_SECONDS
        )

    def start(self) -> subprocess.Popen[str]:
        """Start the script; what it prints can be read."""
        return shell.start(
            [self.script, "staging"], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def running(self) -> str:
        """The images that both workloads ask for, and how many pods of them are Ready."""
        return self.lab.kubectl("get", "deployments,statefulsets", "-o", _IMAGES)


@pytest.fixture
def repository(lab: LabFixture, tmp_path: Path) -> Repository:
    for application in (applications.load("prj_02"), services.load("redis")):
        application_images.push(application, lab.registry, lambda line: None)
    return Repository(tmp_path / "infra", lab)


def test_what_fails_goes_back_and_only_so_far(repository: Repository) -> None:
    repository.write(_NEVER_READY)
    first = repository.deploy()
    assert (first.returncode, "a first deployment, with nothing to go back to" in first.stderr) == (1, True)

    repository.write(_GOOD)
    good = repository.deploy()
    assert good.returncode == 0, good
    assert "every workload rolled out, every pod healthy" in good.stdout
    running = repository.running()
    again = repository.deploy()
    assert (again.returncode, "no difference" in again.stdout) == (0, True)

    repository.write(_NEVER_READY, ping="no-such-command")
    dry = repository.deploy("--dry-run")
    assert (dry.returncode, repository.running()) == (0, running)
    assert f"+        image: ghcr.io/org/prj-02:{_NEVER_READY}" in dry.stdout
    bad = repository.deploy("--timeout", "30")
    assert bad.returncode == 1, bad
    namespace = repository.lab.namespace
    assert f"gone back to what ran before: Deployment {namespace}/web, StatefulSet {namespace}/broker" in bad.stderr
    assert "revert --no-edit HEAD" in bad.stderr
    assert repository.running() == running

    with repository.start() as process:
        _read_until(process, "Waiting for")
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert "interrupted; gone back to what ran before" in process.stdout.read()
    assert process.returncode == 143
    assert repository.running() == running


def test_what_somebody_else_has_changed_since_is_left_alone(repository: Repository) -> None:
    assert repository.deploy().returncode == 0
    repository.write(_NEVER_READY)
    with repository.start() as process:
        _read_until(process, "Waiting for")
        repository.lab.kubectl("set", "env", "deployment/web", "LOG_LEVEL=debug")
        assert process.stdout is not None
        printed = process.stdout.read()
    assert "changed by somebody else since" in printed
    assert process.returncode == 3, printed
    assert _NEVER_READY in repository.running()


def test_nothing_is_changed_where_it_must_not_be(repository: Repository, tmp_path: Path) -> None:
    lab = repository.lab
    lab.kubectl("label", "namespace", lab.namespace, "environment=production")
    other = repository.deploy()
    assert (other.returncode, "is a cluster of production, not of staging" in other.stderr) == (1, True)
    lab.kubectl("label", "namespace", lab.namespace, "environment-")

    objects = repository.overlay / "objects.yaml"
    objects.write_text(objects.read_text().replace("replicas: 1", "replicas: -1"))
    refused = repository.deploy()
    assert (refused.returncode, "refused, and nothing was changed" in refused.stderr) == (1, True)

    repository.write(_GOOD)
    somebody = yaml.safe_load(lab.kubeconfig_path.read_text())
    somebody["users"][0]["user"]["as"] = "somebody-without-rights"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(somebody))
    repository.environment["KUBECONFIG"] = str(tmp_path / "kubeconfig")
    forbidden = repository.deploy()
    assert (forbidden.returncode, "forbidden" in forbidden.stderr) == (1, True), forbidden
    assert lab.kubectl("get", "deployments,statefulsets") == ""


def _read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    read = ""
    for line in process.stdout:
        read += line
        if words in line:
            return
    raise AssertionError(f"ended without saying {words!r}:\n{read}")
