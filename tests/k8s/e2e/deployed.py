"""A copy of the Deploy repository on a fresh embedded cluster that enforces network policies, and what runs of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lab_helpers import checkout, shell, wait
from lab_helpers.cluster import lifecycle
from lab_helpers.cluster.choose import provider
from lab_helpers.images import application_images, applications, services
from tests.commands import run_lab

__all__ = ["PROJECTS", "Deployed"]

PROJECTS = ("prj-01", "prj-02", "prj-03", "prj-04")
_SECONDS = 180.0


class Deployed:
    """The repository, and the cluster that it is applied to.

    Args:
        name: The lab's name; it must not run yet.
        directory: For the copy of the repository, and for credentials.
    """

    def __init__(self, name: str, directory: Path) -> None:
        up = run_lab("up", "--name", name)
        assert up.returncode == 0, up.stderr
        addon = run_lab("addon", "install", "network-policy", "--name", name)
        assert addon.returncode == 0, addon.stderr
        cluster = lifecycle.attach(provider("embedded"), name)
        assert cluster is not None
        for application in (*map(applications.load, applications.names()), *map(services.load, services.names())):
            application_images.push(application, cluster.registry, lambda _line: None)
        self._name, self._cluster = name, cluster
        self._kubeconfig = cluster.kubeconfig
        self._credentials = cluster.registry.docker_config(directory / "config.json")
        self.repository = directory / "repository"
        shutil.copytree(checkout.infra_directory(), self.repository, ignore=shutil.ignore_patterns("*.env"))

    def kubectl(self, *arguments: str | Path, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl, and return what it prints.

        Raises:
            CommandFailed: It ended with another exit code than 0.
        """
        argv = ["kubectl", f"--kubeconfig={self._kubeconfig}", *arguments]
        return shell.run(argv, input=input, timeout=_SECONDS).stdout

    def script(self, name: str, *arguments: str, check: bool = True) -> shell.Completed:
        """Run one of the repository's scripts, as a person does."""
        path = self.repository / "_shared/scripts" / name
        environment = {"KUBECONFIG": str(self._kubeconfig)}
        return shell.run([path, *arguments], env=environment, check=check, timeout=2 * _SECONDS)

    def overlay(self, environment: str) -> Path:
        """Where an environment's overlay lies."""
        return self.repository / "k8s/overlays" / environment

    def deploy(self, environment: str) -> None:
        """Do what the README says of a first deployment, and wait until all of it is Ready."""
        self.kubectl("apply", "-f", self.repository / "k8s/base/namespaces")
        for namespace in PROJECTS:
            self.add_pull_secret(namespace)
        self.script("env/setup_env_secure.sh", environment)
        self.kubectl("apply", "-k", self.overlay(environment))
        self.wait_ready()

    def add_pull_secret(self, namespace: str) -> None:
        """Give a namespace what its pods pull images with."""
        config = f"--from-file=.dockerconfigjson={self._credentials}"
        self.kubectl("-n", namespace, "create", "secret", "docker-registry", "ghcr-secret", config)

    def delete(self, environment: str) -> None:
        """Delete all that an overlay names, and wait until it is gone."""
        self.kubectl("delete", "-k", self.overlay(environment))

    def wait_ready(self) -> None:
        """Wait until every Deployment and StatefulSet of the repository has all its pods, of its newest template."""
        for workload in self.workloads():
            namespace, _, name = workload.partition(" ")
            self.kubectl("-n", namespace, "rollout", "status", name, f"--timeout={_SECONDS:g}s")

    def workloads(self) -> list[str]:
        """What runs on in the projects, as ``prj-01 deployment/feed``."""
        return [
            f"{namespace} {name}"
            for namespace in PROJECTS
            for name in self.kubectl("-n", namespace, "get", "deployments,statefulsets", "-o", "name").split()
        ]

    def difference(self, environment: str) -> str:
        """What an apply would change; empty where nothing."""
        argv: list[str | Path] = [
            "kubectl",
            f"--kubeconfig={self._kubeconfig}",
            "diff",
            "-k",
            self.overlay(environment),
        ]
        compared = shell.run(argv, check=False, timeout=_SECONDS)
        return f"{compared.stdout}{compared.stderr}" if compared.returncode else ""

    def clear(self) -> None:
        """Begin as a notebook does: no project's namespace is there, and nothing of their volumes."""
        self._cluster.reset_namespaces(PROJECTS, _SECONDS)

    def phases(self) -> set[str]:
        """What has become of the volumes."""
        return set(self.kubectl("get", "pv", "-o", "jsonpath={.items[*].status.phase}").split())

    def pods(self, app: str) -> list[str]:
        """The pods with that label, by name."""
        return self.kubectl("get", "pods", "--all-namespaces", "-l", f"app={app}", "-o", "name").split()

    def query(self, statement: str) -> tuple[str, ...]:
        """The only row that PostgreSQL answers."""
        psql = ["psql", "--username=lab", "--no-align", "--tuples-only", f"--command={statement}"]
        return tuple(self.kubectl("-n", "prj-01", "exec", "postgresql-0", "--", *psql).strip().split("|"))

    def redis(self, *command: str) -> str:
        """What the broker answers."""
        return self.kubectl("-n", "prj-04", "exec", "redis-0", "--", "redis-cli", *command).strip()

    def fetch(self, path: str) -> str:
        """What prj-02 answers."""
        url = f"http://127.0.0.1:8080{path}"
        return self.kubectl("-n", "prj-02", "exec", "deployment/prj-02", "--", "wget", "-qO-", url)

    def kill(self, pattern: str = "") -> int:
        """Kill processes of the nodes by a pattern of their command lines; how many there were.

        All of them by default, at once, but those that start them again.
        """
        victims = self.processes(pattern)
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(victims)

    def processes(self, pattern: str) -> list[int]:
        """The processes of the nodes whose command lines have a pattern."""
        nodes = [pid for pid in _processes() if _is_node(pid, self._name)]
        assert nodes
        every = [pid for node in nodes for pid in _descendants(node)]
        return [pid for pid in every if re.search(pattern, " ".join(_command_line(pid)))]

    def restarts(self) -> dict[str, int]:
        """How often the first container of each pod that runs on was started again."""
        pods = json.loads(self.kubectl("get", "pods", "--all-namespaces", "-o", "json"))["items"]
        return {
            pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["restartCount"]
            for pod in pods
            if pod["metadata"]["namespace"] in PROJECTS and pod["status"]["phase"] == "Running"
        }

    def wait_restarted(self, before: dict[str, int]) -> None:
        """Wait until each of these pods has been started again, and all is Ready."""
        wait.until(
            lambda: all(self.restarts().get(name, 0) > count for name, count in before.items()),
            seconds=_SECONDS,
            outcome="be started again",
            object="all pods",
        )
        self.wait_ready()


def _processes() -> list[int]:
    return [int(directory.name) for directory in Path("/proc").iterdir() if directory.name.isdecimal()]


def _is_node(pid: int, lab: str) -> bool:
    """Whether a process is the first one of a lab's node."""
    words = _command_line(pid)
    return "lab_helpers.cluster.embedded.node" in words[:6] and any(f"/labs/{lab}/" in word for word in words)


def _command_line(pid: int) -> list[str]:
    """The words that a process was started with; none of one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _descendants(pid: int) -> Iterator[int]:
    for file in Path(f"/proc/{pid}/task").glob("*/children"):  # a process is a child of the thread that started it
        with suppress(OSError):
            for child in map(int, file.read_text().split()):
                yield child
                yield from _descendants(child)
