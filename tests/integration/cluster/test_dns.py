"""The cluster DNS answers with the plugins it is built with: names, addresses, and nothing from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import shell
from tests.commands import Run

pytestmark = pytest.mark.cluster

_WEB = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: web, image: IMAGE, command: [sleep, infinity]}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
"""


def test_names_addresses_and_nothing_else(name: str, lab: Run, tmp_path: Path) -> None:
    up = lab("up", "--name", name)
    assert up.returncode == 0, up.stderr
    kubeconfig = lab("kubeconfig", "--name", name).stdout.strip()

    def kubectl(*arguments: str) -> str:
        return shell.run(["kubectl", f"--kubeconfig={kubeconfig}", *arguments], timeout=90).stdout

    def lookup(question: str) -> str:
        command = ["kubectl", f"--kubeconfig={kubeconfig}", "exec", "web", "--", "nslookup", question]
        return shell.run(command, timeout=30, check=False).stdout

    (image,) = kubectl(
        "-n", "kube-system", "get", "deploy", "coredns", "-o", "jsonpath={..containers[*].image}"
    ).split()
    (tmp_path / "web.yaml").write_text(_WEB.replace("IMAGE", image.replace("/coredns:", "/busybox:")))
    kubectl("apply", "-f", str(tmp_path / "web.yaml"))
    kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=60s")
    service = kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
    pod = kubectl("get", "pod", "web", "-o", "jsonpath={.status.podIP}")

    assert f"Address: {service}\n" in lookup("web.default.svc.cluster.local")
    assert f"Address: {pod}\n" in lookup("headless.default.svc.cluster.local")
    assert "name = web.default.svc.cluster.local" in lookup(service), "reverse"
    assert "NXDOMAIN" in lookup("missing.default.svc.cluster.local")
    assert "can't find example.com" in lookup("example.com."), "names outside the cluster do not exist"
