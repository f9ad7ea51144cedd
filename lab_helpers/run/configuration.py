"""What the applications of a notebook that deploys were configured with, while the cluster still runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab_helpers import paths
from lab_helpers.cluster.base import Cluster
from lab_helpers.configuration import Survey, places, survey
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.kube.client import Client
from lab_helpers.workbook.course.outlines import Outline

__all__ = ["surveys"]

# The notebook has just talked to it.
_PATIENCE_SECONDS = 3.0


def surveys(outline: Outline, cluster: Cluster, progress: Callable[[str], None]) -> Iterator[Survey]:
    """The configuration of each application that a notebook deployed from its workspace.

    Args:
        outline: The notebook's lab.
        cluster: Where it ran.
        progress: Told of one that cannot be resolved, which fails nothing.
    """
    workspace = paths.workspace_directory(cluster.name) / outline.notebook
    if not outline.has_deploy_repository or not (workspace / "infra").is_dir():  # it ended before it had one
        return
    client = Client(cluster.kubeconfig, patience_seconds=_PATIENCE_SECONDS)
    for app in (name.replace("_", "-") for name in outline.apps):
        try:
            environment = _environment(client, app)
            if environment:
                place = places.find(app, environment, workspace)
                yield survey(place, [f"--kubeconfig={cluster.kubeconfig}"])
        except WaitTimeout as error:  # nor will it answer for the next application
            progress(str(error))
            return
        except LabError as error:
            progress(str(error))


def _environment(client: Client, namespace: str) -> str:
    """The environment that a live namespace is labelled with; empty where it is not there, or has no label."""
    live = client.get("namespace", namespace, "")
    return str((live or {}).get("metadata", {}).get("labels", {}).get("environment", ""))
