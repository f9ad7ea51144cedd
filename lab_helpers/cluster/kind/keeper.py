"""The keeper of a kind cluster, as a program; and how a kind cluster is deleted."""

from __future__ import annotations

import sys
from pathlib import Path

from lab_helpers import shell, wait
from lab_helpers.cluster import control
from lab_helpers.cluster.containers import leftovers
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.containers.keeper import DockerKeeper
from lab_helpers.cluster.containers.layout import DELETION_SECONDS
from lab_helpers.cluster.kind import nodes
from lab_helpers.cluster.kind.layout import KindLayout, KindSpec

__all__ = ["clean", "main", "remove_remains"]


def main() -> int:
    """Keep the cluster described in the file ``argv[1]``."""
    spec = KindSpec.read(Path(sys.argv[1]))
    DockerKeeper(spec, lambda: clean(spec)).run()
    return 0


def clean(spec: KindSpec) -> None:
    """Delete the containers of a cluster, its network, its files and its record.

    Raises:
        LabError: It could not be done; the record stays, so that the next command tries again.
    """
    cluster, deadline = spec.layout.cluster, wait.Deadline(DELETION_SECONDS)
    docker = Docker(spec.docker, deadline)
    leftovers.end_commands(spec.directory)
    if not spec.layout.is_created:
        leftovers.wait_none_being_made(docker, nodes.first(cluster), nodes.label(cluster), spec.image)
    shell.run(spec.delete_command(), env=spec.environment(), timeout=deadline.remaining)
    docker.remove("network", docker.networks(cluster))
    control.forget(Path(spec.directory), Path(spec.record))


def remove_remains(layout: KindLayout) -> None:
    """Remove what a cluster left whose keeper was killed; see ``leftovers.remove_remains``."""
    leftovers.remove_remains(layout, lambda: clean(KindSpec.read(layout.spec)))


if __name__ == "__main__":
    sys.exit(main())
