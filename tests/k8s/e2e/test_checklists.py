"""`lab checklist cluster` and `first-deploy` on a real cluster: all ticked, and each box open for what breaks it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import checkout, shell, wait
from lab_helpers.cluster import at_hand
from lab_helpers.images import application_images, applications
from tests.commands import LAB, run_lab

pytestmark = pytest.mark.cluster

_SECONDS = 120.0
_ANYWHERE = "grep -vE '^ +(uid|resourceVersion): '"
_GHCR = f"kubectl -n prj-02 get secret ghcr-secret -o yaml | {_ANYWHERE} >ghcr.yaml"
_GOOD = {
    "cluster": {"kubernetes", "kubectl", "pull-secret", "storage"},
    "first-deploy": {"applied", "rollout", "objects", "health", "monitoring"},
}


@dataclass(frozen=True)
class Deployed:
    """prj-02, deployed to staging on a lab's cluster and watched there.

    Attributes:
        name: The lab.
        kubeconfig: Its kubeconfig.
        directory: Where commands run; ``infra`` in it is the Deploy repository.
    """

    name: str
    kubeconfig: Path
    directory: Path

    def run(self, script: str, *, check: bool = True) -> str:
        """Run a script of the shell; what it prints."""
        variables = {"KUBECONFIG": str(self.kubeconfig), "KUBERC": "off"}
        command = ["sh", "-euc", script]
        return shell.run(command, env=variables, cwd=self.directory, timeout=_SECONDS, check=check).stdout

    def judged(self, checklist: str, *options: str) -> dict[str, dict[str, Any]]:
        """The boxes of a checklist, by name."""
        ended = run_lab("checklist", checklist, *(options or ("--name", self.name)), "--json")
        boxes = {box["box"]: box for box in json.loads(ended.stdout)["boxes"]}
        assert ended.returncode == int(any(box["state"] == "open" for box in boxes.values())), ended.stderr
        return boxes

    def open_boxes(self, checklist: str) -> set[str]:
        """The boxes that are open; each says what to do."""
        boxes = {name: box for name, box in self.judged(checklist).items() if box["state"] == "open"}
        points = [point for box in boxes.values() for point in box["points"] if point["state"] == "open"]
        assert all(point["next_step"] for point in points)
        return set(boxes)


@pytest.fixture(scope="module")
def deployed(lab_name: str, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    directory = tmp_path_factory.mktemp("lists")
    shutil.copytree(checkout.infra_directory(), directory / "infra", ignore=shutil.ignore_patterns("*.env"))
    for command in (("up",), ("addon", "install", "monitoring")):
        done = run_lab(*command, "--name", lab_name)
        assert done.returncode == 0, done.stderr
    cluster = at_hand.attached(lab_name)
    application_images.push(applications.load("prj_02"), cluster.registry, lambda _line: None)
    cluster.registry.docker_config(directory / "config.json")
    deployed = Deployed(lab_name, cluster.kubeconfig, directory)
    deployed.run(_DEPLOY)
    return deployed


_DEPLOY = """\
infra/_shared/scripts/env/setup_env_secure.sh staging
kubectl apply -k infra/k8s/overlays/staging -l '!app'
kubectl -n prj-02 create secret docker-registry ghcr-secret --from-file=.dockerconfigjson=config.json
kubectl apply -k infra/k8s/overlays/staging -l app=prj-02
kubectl apply -k infra/_shared/monitoring
kubectl -n prj-02 wait --for=condition=Available deployment/prj-02 --timeout=120s
"""


def test_a_good_cluster_has_every_box_ticked_by_what_is_so(deployed: Deployed) -> None:
    # The targets are there once Prometheus has read what is to be watched, and asked.
    wait.until(
        lambda: not deployed.open_boxes("first-deploy"), seconds=_SECONDS, outcome="be ticked", object="all boxes"
    )
    assert deployed.open_boxes("cluster") == set()
    for checklist, ticked in _GOOD.items():
        boxes = deployed.judged(checklist)
        assert {name for name, box in boxes.items() if box["state"] == "ticked"} == ticked
        for name in ticked:
            assert all(point["place"]["file"] for point in boxes[name]["points"] if point["state"] == "ticked")
    version = json.loads(deployed.run("kubectl version -o json"))["serverVersion"]["gitVersion"]
    cluster, deploy = deployed.judged("cluster"), deployed.judged("first-deploy")
    assert cluster["kubernetes"]["points"][0]["place"]["text"] == version
    place = cluster["pull-secret"]["points"][0]["place"]
    assert (place["file"], place["text"].split(", ")[0]) == ("-n prj-02 secret/ghcr-secret", "ghcr.io")
    assert deploy["rollout"]["points"][0]["place"]["text"] == "2/2"
    assert deploy["monitoring"]["points"][0]["place"]["text"] == "prj-02"
    password = json.loads((deployed.directory / "config.json").read_text())["auths"]["ghcr.io"]["auth"]
    assert password not in json.dumps([cluster, deploy])


_NO_IMAGE = "kubectl -n prj-02 set image deployment/prj-02 web=ghcr.io/org/prj-02:v9.9.9"
_BY_HAND = "kubectl -n prj-02 create deployment by-hand --image=ghcr.io/org/prj-02:v1.0.0 --replicas=0"
_NODE = """\
kubectl create -f - <<EOF
apiVersion: v1
kind: Node
metadata: {name: never-joined}
EOF
"""
_INGRESS = "kubectl -n prj-02 create ingress nobody --class=nobody --rule=nobody.example/=prj-02:80"
_NO_PROBE = """kubectl -n prj-02 patch deployment prj-02 --type=json \
    -p '[{"op": "remove", "path": "/spec/template/spec/containers/0/livenessProbe"}]'"""
_APPLY = "kubectl apply -k infra/k8s/overlays/staging -l app=prj-02"


@pytest.mark.parametrize(
    ("checklist", "broken", "mended", "boxes"),
    [
        ("cluster", _NODE, "kubectl delete node never-joined", {"kubernetes"}),
        (
            "cluster",
            f"{_GHCR}; kubectl -n prj-02 delete secret ghcr-secret",
            "kubectl apply -f ghcr.yaml",
            {"pull-secret"},
        ),
        ("cluster", _NO_IMAGE, "kubectl -n prj-02 rollout undo deployment/prj-02", {"pull-secret"}),
        (
            "cluster",
            f"kubectl get storageclass -o yaml | {_ANYWHERE} >classes.yaml; kubectl delete storageclass --all",
            "kubectl create -f classes.yaml",
            {"storage"},
        ),
        ("first-deploy", _BY_HAND, "kubectl -n prj-02 delete deployment by-hand", {"applied", "rollout", "health"}),
        (
            "first-deploy",
            _NO_IMAGE,
            "kubectl -n prj-02 rollout undo deployment/prj-02",
            {"rollout", "objects"},
        ),
        (
            "first-deploy",
            "kubectl -n prj-02 create service clusterip nobody --tcp=80",
            "kubectl -n prj-02 delete service nobody",
            {"objects"},
        ),
        ("first-deploy", _NO_PROBE, f"kubectl -n prj-02 rollout undo deployment/prj-02; {_APPLY}", {"health"}),
        ("first-deploy", _INGRESS, "kubectl -n prj-02 delete ingress nobody", {"ingress"}),
        (
            "first-deploy",
            "kubectl -n prj-02 delete servicemonitor prj-02",
            "kubectl apply -k infra/_shared/monitoring",
            {"monitoring"},
        ),
    ],
    ids=["node", "pull-secret", "refused", "class", "by-hand", "image", "service", "probe", "ingress", "monitor"],
)
def test_each_box_is_open_for_what_breaks_it_and_ticked_again(
    deployed: Deployed, checklist: str, broken: str, mended: str, boxes: set[str]
) -> None:
    deployed.run(broken)
    try:
        _expect_open(deployed, checklist, boxes)
    finally:
        deployed.run(mended)
    _expect_open(deployed, checklist, set())


def _expect_open(deployed: Deployed, checklist: str, boxes: set[str]) -> None:
    """Wait until these boxes are open, and no others."""
    wait.until(
        lambda: deployed.open_boxes(checklist) == boxes,
        seconds=_SECONDS,
        outcome=f"be open: {sorted(boxes)}",
        object=f"lab checklist {checklist}",
        last_event=lambda: str(sorted(deployed.open_boxes(checklist))),
    )


def test_what_is_applied_on_the_server_was_applied(deployed: Deployed) -> None:
    deployed.run(f"{_BY_HAND} --dry-run=client -o yaml | kubectl apply --server-side -f -")
    try:
        assert "applied" not in deployed.open_boxes("first-deploy")
    finally:
        deployed.run("kubectl -n prj-02 delete deployment by-hand")


def test_whoever_may_only_look_has_that_box_open(deployed: Deployed) -> None:
    deployed.run("kubectl -n prj-02 create serviceaccount guest")
    deployed.run("kubectl create clusterrolebinding guest --clusterrole=view --serviceaccount=prj-02:guest")
    config = yaml.safe_load(deployed.kubeconfig.read_text())
    token = deployed.run("kubectl -n prj-02 create token guest").strip()
    context = {"name": "guest", "context": {**config["contexts"][0]["context"], "user": "guest"}}
    config["users"].append({"name": "guest", "user": {"token": token}})
    config["contexts"].append(context)
    kubeconfig = deployed.directory / "guest"
    kubeconfig.write_text(yaml.safe_dump(config))
    ended = shell.run(
        [LAB, "checklist", "cluster", "--context", "guest", "--namespace", "prj-02", "--json"],
        env={"KUBECONFIG": str(kubeconfig)},
        check=False,
    )
    boxes = {box["box"]: box for box in json.loads(ended.stdout)["boxes"]}
    assert ended.returncode == 1
    assert {name for name, box in boxes.items() if box["state"] == "open"} >= {"kubernetes", "kubectl", "pull-secret"}
    assert "cannot list resource" in boxes["kubernetes"]["points"][1]["next_step"]


def test_a_container_that_was_restarted_is_not_healthy(deployed: Deployed) -> None:
    pod = deployed.run("kubectl -n prj-02 get pods -l app=prj-02 -o name").split()[0]
    deployed.run(f"kubectl -n prj-02 exec {pod} -- node -e 'process.kill(1)'")
    path = "{.status.containerStatuses[0].restartCount}"
    deployed.run(f"kubectl -n prj-02 wait {pod} --for=jsonpath='{path}'=1 --timeout=60s")
    _expect_open(deployed, "first-deploy", {"health"})
