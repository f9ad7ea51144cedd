"""A cluster that is somebody else's: its administrator, a learner with few rights, a registry beside it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bcrypt
import yaml

from lab_helpers import shell
from lab_helpers.addons.base import BASE
from lab_helpers.cluster import record
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.choose import provider
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.images import registry
from lab_helpers.images.registry import Registry
from lab_helpers.workbook.course.territory import of_workbook
from tests.commands import run_lab, start_lab

CONTEXT = "learner@theirs"
PREFIX = "team/lab"
PULLER = "puller"
_PORT = 5443

# Changed by the cluster whenever the readiness of some pod changes, as on a busy machine.
_FOLLOWS_PODS = ("Endpoints", "EndpointSlice")

Object = tuple[str, str, str, str]


@dataclass(frozen=True)
class Theirs:
    """What the tests know of it.

    Attributes:
        admin: The administrator's kubeconfig.
        user: The learner's own kubeconfig, with a second context that leads nowhere.
        registry: The registry, as image references name it.
        docker_config: The learner's credentials for it.
        pull_config: Those of somebody else, for the cluster.
        state: Where the learner's lab keeps its state.
    """

    admin: Path
    user: Path
    registry: Registry
    docker_config: Path
    pull_config: Path
    state: Path

    @property
    def named(self) -> list[str]:
        """The options that name cluster and registry."""
        own = {"provider": "existing", "context": CONTEXT, "registry": f"{self.registry.host}/{PREFIX}"}
        files = {
            "registry-ca": self.registry.ca_certificate,
            "registry-config": self.docker_config,
            "registry-pull-config": self.pull_config,
        }
        return [part for name, value in {**own, **files}.items() for part in (f"--{name}", str(value))]

    @property
    def environment(self) -> dict[str, str]:
        """The learner's; every process of theirs can be told by it."""
        return {**os.environ, "KUBECONFIG": str(self.user), "XDG_STATE_HOME": str(self.state)}

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl as the administrator."""
        command = ["kubectl", f"--kubeconfig={self.admin}", *arguments]
        return shell.run(command, input=input, timeout=60).stdout

    def lab(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `lab` as the learner, to its end."""
        return run_lab(*arguments, seconds=1500, env=self.environment)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `lab` as the learner, and go on."""
        return start_lab(*arguments, env=self.environment)

    def objects(self, *, inside: bool) -> set[Object]:
        """Every object in the lab's namespaces, or everywhere else: kind, namespace, name, what it says."""
        kinds = self.kubectl("api-resources", "--verbs=list", "-o", "name").split()
        # Events come and go by themselves, and component statuses are no objects: they are made up when asked for.
        watched_kinds = ",".join(
            kind for kind in kinds if kind.partition(".")[0] not in ("events", "componentstatuses")
        )
        items = json.loads(self.kubectl("get", watched_kinds, "--all-namespaces", "-o", "json"))["items"]
        identities = map(_identity, items)
        mine = of_workbook().namespaces
        return {
            identity
            for identity in identities
            if (identity[1] in mine or (identity[0] == "Namespace" and identity[2] in mine)) == inside
        }

    def created(self) -> set[tuple[str, str]]:
        """What is in the lab's namespaces and neither the administrator's nor the cluster's."""
        ours = {"Role", "RoleBinding", "ServiceAccount", "Namespace"}
        inside = {(kind, name) for kind, _, name, _ in self.objects(inside=True) if kind not in ours}
        return {identity for identity in inside if identity != ("ConfigMap", "kube-root-ca.crt")}

    def processes(self) -> list[str]:
        """The processes that the learner started, with what they start."""
        mark = f"XDG_STATE_HOME={self.state}".encode()
        matches = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    matches.append(f"{entry.name} {(entry / 'cmdline').read_bytes().replace(bytes(1), b' ').decode()}")
            except OSError:
                continue
        return matches


@contextmanager
def theirs(name: str, directory: Path) -> Iterator[Theirs]:
    """Make it, hand the administrator's manifest in, and take all of it away again."""
    maker = provider("embedded")
    with maker.create(name, _tell, BASE) as cluster:
        BASE.wait_ready(cluster, _tell)
        with _registry(cluster, directory / "registry") as registry:
            maker.trust_registry(name, registry)
            docker_config = registry.docker_config(directory / "docker" / "config.json")
            puller = replace(registry, username=PULLER, password_file=directory / "registry" / "pull-password")
            pull_config = puller.docker_config(directory / "puller" / "config.json")
            configs = docker_config, pull_config
            foreign = Theirs(cluster.kubeconfig, directory / "kubeconfig", registry, *configs, directory / "state")
            manifest = foreign.lab("admin-manifest")
            assert manifest.returncode == 0, manifest.stderr
            foreign.kubectl("apply", "-f", "-", input=manifest.stdout)
            _write_kubeconfig(foreign, cluster)
            # The last thing a new cluster makes by itself: what comes after it was made by somebody.
            foreign.kubectl("-n", "kube-node-lease", "wait", "--for=create", f"lease/{name}-1", "--timeout=50s")
            yield foreign


@contextmanager
def _registry(cluster: Cluster, directory: Path) -> Iterator[Registry]:
    """The lab's registry program, where the nodes reach it, under a name that is not ghcr.io."""
    cluster_record = record.load(cluster.name)
    assert cluster_record is not None
    network = int(str(cluster_record.details["network"]))
    address = EmbeddedLayout(cluster.name, directory, network).host_address  # this machine, on the lab's bridge
    prepared = registry.prepare(directory, address, _PORT)
    password = secrets.token_urlsafe(32)
    (directory / "pull-password").write_text(password)
    with (directory / "htpasswd").open("a") as known:
        known.write(f"{PULLER}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()}\n")
    with shell.start(registry.command(directory), stderr=subprocess.DEVNULL) as process:
        try:
            named = replace(prepared, host=f"{address}:{_PORT}", pull_username="", pull_password_file=None)
            registry.wait_up(named, seconds=10)
            yield named
        finally:
            process.kill()


def _write_kubeconfig(foreign: Theirs, cluster: Cluster) -> None:
    cluster_entry = yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    authority = foreign.user.with_name("ca.crt")
    authority.write_text(shell.run(["base64", "-d"], input=cluster_entry["certificate-authority-data"]).stdout)
    token = foreign.kubectl("-n", of_workbook().home, "create", "token", "lab-learner").strip()
    contexts = {CONTEXT: ("theirs", "learner"), "elsewhere": ("nowhere", "nobody")}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "elsewhere",
        "contexts": [{"name": name, "context": {"cluster": c, "user": u}} for name, (c, u) in contexts.items()],
        "clusters": [
            {"name": "theirs", "cluster": {"server": cluster_entry["server"], "certificate-authority": authority.name}},
            {"name": "nowhere", "cluster": {"server": "https://127.0.0.1:1"}},
        ],
        "users": [{"name": "learner", "user": {"token": token}}, {"name": "nobody", "user": {"token": "a-b-c-d-e-f"}}],
    }
    foreign.user.write_text(yaml.safe_dump(content))


def _identity(item: dict[str, Any]) -> Object:
    """Which object it is, and what it says: by its generation where it has one, and by what has none (data, rules)."""
    about = item["metadata"]
    said = {name: value for name, value in item.items() if name not in ("metadata", "spec", "status")}
    said |= {name: about.get(name) for name in ("uid", "generation", "labels")}
    if item["kind"] in _FOLLOWS_PODS:
        said = {"uid": about["uid"]}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return (item["kind"], about.get("namespace", ""), about["name"], digest)


def _tell(line: str) -> None:
    print(line)  # noqa: T201 - shown by pytest when a test fails
