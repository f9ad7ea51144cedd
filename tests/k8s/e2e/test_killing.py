"""Whatever dies, and whenever: what the database has acknowledged is there, and all goes on within bounds.

    LAB_KILLS=200 .venv/bin/pytest tests/k8s/e2e/test_killing.py -rA

`LAB_KILLS` says how often something is killed (a few by default), `LAB_KILLS_SEED` what and when; pytest prints both at
its start, and for each kind how long the recovery took at the longest, and what it may take.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from statistics import median
from typing import Any

import pytest

from lab_helpers import wait
from lab_helpers.errors import LabError
from lab_helpers.kube.conditions import is_ready
from tests import kills
from tests.commands import run_lab
from tests.k8s.e2e.acknowledged import WRITER, acknowledged, await_rows, missing, stored
from tests.k8s.e2e.deployed import PROJECTS, Deployed

pytestmark = pytest.mark.cluster

_LOAD_SECONDS = 2.0  # what the moments are spread over
_DEAD_SECONDS = 30.0  # how long a node is without power at the longest: longer than its pods tolerate
# In which all is Ready again and rows are written, on a machine with other things to do; of a node, since its power is
# back.
_BOUND_SECONDS = 120.0
_PROGRAMS = {
    "controller": r"/kube-controller-manager ",
    "scheduler": r"/kube-scheduler ",
    "API server": r"/kube-apiserver ",
    "etcd": r"/etcd ",
}
_CONTAINERS = r"^(redis-server|postgres -c listen_addresses|node |python3 -m prj_)"
_KINDS = ("pod", "container", "node", "database", *_PROGRAMS)


@pytest.fixture(scope="module")
def production(lab_name: str, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Production on two nodes, whose pods leave a dead one sooner than there."""
    deployed = Deployed(lab_name, tmp_path_factory.mktemp("production"))
    addition = run_lab("node", "add", "--name", lab_name)
    assert addition.returncode == 0, addition.stderr
    patch = deployed.overlay("production") / "patches/placement-patch.yaml"
    patch.write_text(patch.read_text().replace("tolerationSeconds: 30", "tolerationSeconds: 5"))
    deployed.deploy("production")
    deployed.script("migrate/run-migration-job.sh")
    return deployed


@pytest.mark.timeout(900 + 180 * kills.number())
def test_no_acknowledged_row_is_lost_and_all_goes_on(
    production: Deployed, lab_name: str, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(os.environ[kills.SEED])
    production.kubectl("apply", "-f", "-", input=WRITER)
    await_rows(production)
    seconds: dict[str, list[float]] = defaultdict(list)
    first = chance.sample(_KINDS, len(_KINDS))  # each kind once, then whatever comes
    for kind in (*first, *chance.choices(_KINDS, k=max(kills.number() - len(first), 0)))[: kills.number()]:
        time.sleep(chance.random() * _LOAD_SECONDS)  # the moment
        _kill(kind, production, lab_name, chance)
        began, bound = time.monotonic(), wait.Deadline(_BOUND_SECONDS)
        if kind in ("controller", "scheduler"):  # else nothing would need them
            production.kubectl("-n", "prj-02", "rollout", "restart", "deployment/prj-02")
        await_rows(production, bound.remaining)
        _await_whole(production, f"all, after the death of: {kind}", bound.remaining)
        seconds[kind].append(time.monotonic() - began)
        print(f"{kind} killed, all is well after {seconds[kind][-1]:.1f} s", flush=True)  # noqa: T201 - with -s
        _forget_restarts(production)
    written = acknowledged(production)  # first: what is stored after it was acknowledged later
    rows = stored(production)
    assert missing(production) == [], "acknowledged, and not there when it was read"
    assert len(written) == len(set(written))
    assert set(written) - rows == set(), "acknowledged and lost"
    record_property("rows acknowledged", len(written))
    for line in _summary(seconds):
        record_property(*line)
        print(": ".join(line))  # noqa: T201 - with -rA


def _kill(kind: str, production: Deployed, lab: str, chance: random.Random) -> None:
    if kind == "node":
        _kill_node(production, lab, chance)
    elif kind == "pod":
        namespace, pod = chance.choice([_key(item) for item in _pods(production)])
        production.kubectl("-n", namespace, "delete", "pod", pod, "--grace-period=1", "--wait=false")
    elif kind == "container":
        with suppress(ProcessLookupError):
            os.kill(chance.choice(production.processes(_CONTAINERS)), signal.SIGKILL)
    elif kind == "database":
        assert production.kill(r"^postgres -c listen_addresses")
    else:
        assert production.kill(_PROGRAMS[kind])


def _kill_node(production: Deployed, lab: str, chance: random.Random) -> None:
    """Take the power from the second node, and give it back before anybody notices, or after its pods were given up."""
    others = ("get", "nodes", "--selector=!node-role.kubernetes.io/control-plane", "-o", "name")
    node = production.kubectl(*others).strip().removeprefix("node/")
    killed = run_lab("node", "kill", node, "--name", lab)
    assert killed.returncode == 0, killed.stderr
    time.sleep(chance.random() * _DEAD_SECONDS)
    addition = run_lab("node", "add", node, "--name", lab)
    assert addition.returncode == 0, addition.stderr


def _await_whole(production: Deployed, object_name: str, seconds: float = _BOUND_SECONDS) -> None:
    wait.until(lambda: _is_whole(production), seconds=seconds, outcome="be Ready", object=object_name)


def _is_whole(production: Deployed) -> bool:
    """Whether each node is Ready, and each pod that is wanted, of the newest revision."""
    with suppress(LabError):  # an API server that was killed does not answer yet
        nodes = json.loads(production.kubectl("get", "nodes", "-o", "json"))["items"]
        workloads = _items(production, "deployments,statefulsets")
        return all(is_ready(node) for node in nodes) and all(
            item["status"].get("observedGeneration") == item["metadata"]["generation"]
            and item["status"].get("readyReplicas", 0) == item["spec"]["replicas"]
            and item["status"].get("updatedReplicas", 0) == item["spec"]["replicas"]
            for item in workloads
        )
    return False


def _forget_restarts(production: Deployed) -> None:
    """Make pods anew that have restarted: Kubernetes lets a container that ends again and again wait for minutes."""
    for pod in _pods(production):
        if any(container["restartCount"] for container in pod["status"].get("containerStatuses", [])):
            namespace, name = _key(pod)
            production.kubectl("-n", namespace, "delete", "pod", name, "--grace-period=1")
    _await_whole(production, "all, with new pods")


def _pods(production: Deployed) -> list[dict[str, Any]]:
    """The pods of Deployments and StatefulSets that are not on their way out."""
    return [
        pod
        for pod in _items(production, "pods")
        if pod["metadata"].get("ownerReferences", [{}])[0].get("kind") in ("ReplicaSet", "StatefulSet")
        and "deletionTimestamp" not in pod["metadata"]
    ]


def _items(production: Deployed, kinds: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(production.kubectl("get", kinds, "--all-namespaces", "-o", "json"))[
        "items"
    ]
    return [item for item in items if item["metadata"]["namespace"] in PROJECTS]


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _summary(seconds: Mapping[str, Sequence[float]]) -> list[tuple[str, str]]:
    return [
        (
            f"{kind}, killed {len(times)} times",
            f"all is well after {median(times):.1f} s (median), {max(times):.1f} s (worst); bound {_BOUND_SECONDS:g} s",
        )
        for kind, times in sorted(seconds.items())
    ]
