"""A cluster with the Deploy repository's policy refuses images whose tag may move, whatever brings them."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from lab_helpers import shell, wait
from lab_helpers.errors import CommandFailed
from tests.commands import run_lab
from tests.k8s import images

pytestmark = pytest.mark.cluster

_FINE, _OTHER = "ghcr.io/org/web:v1.2.3", "ghcr.io/org/web:v1.2.4"


class Guarded:
    """A cluster with the policy, and a namespace where it holds."""

    def __init__(self, name: str) -> None:
        self._kubeconfig = run_lab("kubeconfig", "--name", name).stdout.strip()

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl; what it prints."""
        return shell.run(["kubectl", f"--kubeconfig={self._kubeconfig}", *arguments], input=input, timeout=120).stdout

    def refusal(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """What kubectl says where it fails; empty where it does not."""
        try:
            self.kubectl(*arguments, input=input)
        except CommandFailed as error:
            return error.output
        return ""

    def create(self, *objects: images.Object) -> shell.Completed:
        """Have the cluster judge objects, and create none."""
        # All of them at once; kubectl's own validation takes a tenth of a second each, and the server validates, too.
        options = ["--dry-run=server", "--validate=false", "-o", "name", "-f", "-"]
        argv = ["kubectl", f"--kubeconfig={self._kubeconfig}", "create", *options]
        return shell.run(argv, input=yaml.safe_dump_all(objects), timeout=120, check=False)

    def label(self, environment: str) -> None:
        """Say what environment the namespace is, and wait until its policy follows."""
        self.kubectl("label", "--overwrite", "namespace", images.NAMESPACE, f"environment={environment}")
        is_guarded = environment in ("staging", "production")
        canary = images.deployment("canary", "web:latest")
        wait.until(
            lambda: ("denied request" in self.create(canary).stderr) is is_guarded,
            seconds=30,
            outcome=f"follow the label environment={environment}",
        )


@pytest.fixture(scope="module")
def cluster(lab_name: str) -> Guarded:
    up = run_lab("up", "--name", lab_name)
    assert up.returncode == 0, up.stderr
    guarded = Guarded(lab_name)
    guarded.kubectl("create", "namespace", images.NAMESPACE)
    guarded.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(images.policies()))
    guarded.label("staging")
    return guarded


def _reference(manifest: images.Object) -> str:
    group = manifest["apiVersion"].rpartition("/")[0]
    return f"{manifest['kind'].lower()}{f'.{group}' if group else ''}/{manifest['metadata']['name']}"


def test_it_refuses_what_the_table_says_and_nothing_else(cluster: Guarded) -> None:
    sent = {
        _reference(manifest): (image, manifest)
        for number, image in enumerate((*images.REFUSED, *images.ACCEPTED))
        for manifest in images.objects(image, f"i{number}")
    }
    created = cluster.create(*(manifest for _image, manifest in sent.values()))
    assert set(created.stdout.split()) == {name for name, (image, _) in sent.items() if image in images.ACCEPTED}
    refusals = re.findall(r"'immutable-image-tags'.*denied request: (\S+): .*\(section 1\.2 of the", created.stderr)
    assert sorted(refusals) == sorted(image for image, _manifest in sent.values() if image in images.REFUSED)


def test_what_is_put_into_a_running_pod_is_judged(cluster: Guarded) -> None:
    pod = next(images.objects(_FINE, "running"))
    cluster.kubectl("create", "-f", "-", input=yaml.safe_dump(pod))
    path = f"/api/v1/namespaces/{images.NAMESPACE}/pods/running"
    stored = json.loads(cluster.kubectl("get", "--raw", path))
    del stored["metadata"]["resourceVersion"]  # its node goes on saying how it stands

    def refusal(image: str) -> str:
        stored["spec"]["ephemeralContainers"] = [{"name": "debugger", "image": image}]
        command = ["replace", "--raw", f"{path}/ephemeralcontainers?dryRun=All", "-f", "-"]
        return cluster.refusal(*command, input=json.dumps(stored))

    for image in images.REFUSED:
        assert f"denied request: {image}: " in refusal(image), image
    for image in images.ACCEPTED:
        assert refusal(image) == "", image


def test_an_old_object_may_be_labelled_and_scaled_and_mended(cluster: Guarded) -> None:
    cluster.label("development")
    old = [images.deployment("old", "web:latest", init="web:main"), next(images.objects("web:latest", "old"))]
    cluster.kubectl("create", "-f", "-", input=yaml.safe_dump_all(old))
    cluster.label("production")
    in_namespace = ["-n", images.NAMESPACE]
    cluster.kubectl(*in_namespace, "label", "deployment/old", "pod/old", "team=shop")
    cluster.kubectl(*in_namespace, "scale", "deployment/old", "--replicas=2")
    cluster.kubectl(*in_namespace, "patch", "deployment/old", "-p", '{"spec": {"minReadySeconds": 1}}')
    cluster.kubectl(*in_namespace, "set", "image", "deployment/old", f"web={_FINE}")
    refusal = cluster.refusal(*in_namespace, "set", "image", "deployment/old", "web=web:stable")
    assert "denied request: web:stable: " in refusal, "what an update brings is judged, what was there is not"
    refusal = cluster.refusal(*in_namespace, "set", "image", "deployment/old", "web=web:latest")
    assert "denied request: web:latest: " in refusal, "what is mended does not go back"


def test_an_old_deployment_gets_no_new_pod_and_says_why(cluster: Guarded) -> None:
    cluster.label("development")
    cluster.kubectl("create", "-f", "-", input=yaml.safe_dump(images.deployment("idle", "web:latest")))
    cluster.label("staging")
    cluster.kubectl("-n", images.NAMESPACE, "scale", "deployment/idle", "--replicas=3")
    condition = "condition=ReplicaFailure"
    cluster.kubectl("-n", images.NAMESPACE, "wait", "deployment/idle", f"--for={condition}", "--timeout=30s")
    message = "{.status.conditions[?(@.type=='ReplicaFailure')].message}"
    said = cluster.kubectl("-n", images.NAMESPACE, "get", "deployment/idle", "-o", f"jsonpath={message}")
    assert "denied request: web:latest: staging and production run" in said


def test_applied_again_it_is_unchanged(cluster: Guarded) -> None:
    applied = cluster.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(images.policies()))
    assert [line.rpartition(" ")[2] for line in applied.splitlines()] == ["unchanged", "unchanged"]


@pytest.mark.parametrize("environment", ["development", "stage"])
def test_elsewhere_it_refuses_nothing(cluster: Guarded, environment: str) -> None:
    cluster.label(environment)
    try:
        assert cluster.create(*images.objects("web:latest", "elsewhere")).returncode == 0
    finally:
        cluster.label("staging")
