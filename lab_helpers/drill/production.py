"""Production on a cluster: its images, its pull secrets, one apply of a clone, and what its applications answer."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab_helpers import programs, shell
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.drill import repository
from lab_helpers.images import application_images, applications, services
from lab_helpers.images.registry import Registry

__all__ = ["Production", "push_images"]

_PROJECTS = ("prj-01", "prj-02", "prj-03", "prj-04")
_SERVICES = ("postgresql", "redis")
_SECONDS = 300.0
_JOB = "drill"


def push_images(registry: Registry, report: Report) -> None:
    """Push what production runs to a registry: ghcr.io, which a cluster's end takes nothing from, ends with a lab's.

    Raises:
        LabError: An image cannot be built, or is not taken.
    """
    for application in (*map(applications.load, applications.names()), *map(services.load, _SERVICES)):
        application_images.push(application, registry, report)


class Production:
    """Production, as somebody with ``kubectl`` sees it.

    Args:
        cluster: Where it is, or is to be.
        report: Told when a program has to be built.
    """

    def __init__(self, cluster: Cluster, report: Report) -> None:
        self._cluster = cluster
        self._kubectl = programs.resolve(report, "kubectl")["kubectl"]

    def kubectl(self, *arguments: str | Path, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl, and return what it prints.

        Raises:
            CommandFailed: It ended with another exit code than 0.
        """
        argv = [self._kubectl, f"--kubeconfig={self._cluster.kubeconfig}", *arguments]
        return shell.run(argv, input=input, timeout=_SECONDS).stdout

    def apply(self, tree: Path) -> None:
        """Do what the repository's README says of a first deployment, and wait until all of it is Ready."""
        self.kubectl("apply", "-f", tree / "k8s/base/namespaces")
        with tempfile.TemporaryDirectory(prefix="lab-") as directory:
            config = self._cluster.registry.docker_config(Path(directory) / "config.json")
            for namespace in _PROJECTS:
                secret = ("secret", "docker-registry", "ghcr-secret", f"--from-file=.dockerconfigjson={config}")
                self.kubectl("-n", namespace, "create", *secret)
        self.kubectl("apply", "-k", tree / "k8s/overlays" / repository.ENVIRONMENT)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until every Deployment and StatefulSet of the projects serves, also after its own deadline for that."""
        timeout = f"--timeout={_SECONDS:g}s"
        for namespace in _PROJECTS:
            for name in self.kubectl("-n", namespace, "get", "deployments", "-o", "name").split():
                self.kubectl("-n", namespace, "wait", name, "--for=condition=Available", timeout)
            for name in self.kubectl("-n", namespace, "get", "statefulsets", "-o", "name").split():
                self.kubectl("-n", namespace, "rollout", "status", name, timeout)

    def report_hour(self) -> None:
        """Have prj-03 write a report now, not at the full hour; the first one makes the volume of the reports."""
        self.kubectl("-n", "prj-03", "create", "job", "--from=cronjob/prj-03", _JOB)
        self.kubectl("-n", "prj-03", "wait", f"job/{_JOB}", "--for=condition=Complete", f"--timeout={_SECONDS:g}s")

    def query(self, statement: str) -> str:
        """What PostgreSQL answers: a line a row, ``|`` between columns."""
        psql = ["psql", "--username=lab", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1", "--file=-"]
        return self.kubectl("-n", "prj-01", "exec", "--stdin", "postgresql-0", "--", *psql, input=statement).strip()

    def redis(self, *command: str) -> str:
        """What the broker answers."""
        return self.kubectl("-n", "prj-04", "exec", "redis-0", "--", "redis-cli", "-e", *command).strip()

    def web(self, program: str, arguments: Sequence[str] = ()) -> str:
        """What a program of JavaScript prints in a pod of prj-02, which has the key of its API in its environment."""
        node = ["deployment/prj-02", "--", "node", "--input-type=module", "--eval", program, *arguments]
        return self.kubectl("-n", "prj-02", "exec", *node).strip()
