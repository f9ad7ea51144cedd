"""The keeper of a k3d cluster, as a program."""

from __future__ import annotations

import sys
from pathlib import Path

from lab_helpers.cluster.containers.keeper import DockerKeeper
from lab_helpers.cluster.k3d import remains
from lab_helpers.cluster.k3d.layout import K3dSpec

__all__ = ["main"]


def main() -> int:
    """Keep the cluster described in the file ``argv[1]``."""
    spec = K3dSpec.read(Path(sys.argv[1]))
    DockerKeeper(spec, lambda: remains.clean(spec)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
