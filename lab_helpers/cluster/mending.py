"""What a lab's record said, told again from the files beside it, where nobody can read the record any more."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

from lab_helpers import paths, versions
from lab_helpers.cluster import record
from lab_helpers.cluster.names import check_name
from lab_helpers.errors import LabError

__all__ = ["mend"]


def mend(name: str) -> None:
    """Write the record anew where it cannot be read, so that the lab can be deleted by it.

    Where no cluster ever lay beside it the record goes.

    Raises:
        LabError: No lab can be called so.
    """
    try:
        record.load(check_name(name))
    except record.Unreadable:
        directory = paths.cluster_directory(name)
        if not directory.exists():
            record.remove(name)
            return
        try:
            provider, details = _reconstruct(name, directory)
        except (LabError, OSError, ValueError, LookupError, TypeError, AttributeError):
            # Broken as well. Whoever keeps it listens in that directory, whatever it keeps.
            provider, details = "embedded", {"directory": str(directory), "network": 0}
        record.save(record.ClusterRecord(name, provider, time.time(), versions.KUBERNETES, details))


def _reconstruct(name: str, directory: Path) -> tuple[str, dict[str, object]]:
    """Who made the cluster, and what its provider needs to find it."""
    with suppress(FileNotFoundError):
        return _of_keeper(name, directory, json.loads((directory / "spec.json").read_text(encoding="utf-8")))
    return "existing", _of_existing(directory)


def _of_keeper(name: str, directory: Path, spec: Mapping[str, Any]) -> tuple[str, dict[str, object]]:
    from lab_helpers.cluster.containers.layout import DockerLayout

    if "nodes" in spec:
        network = ip_interface(spec["host_address"]).packed[2]
        servers = len(spec.get("servers", ())) or 1
        return "embedded", {"directory": str(directory), "network": network, "servers": servers}
    details: dict[str, object] = {"directory": str(directory), "cluster": DockerLayout(name, directory).cluster}
    return "k3d" if "port" in spec else "kind", details


def _of_existing(directory: Path) -> dict[str, object]:
    import yaml

    from lab_helpers.cluster.existing import remembered
    from lab_helpers.cluster.own import Own
    from lab_helpers.images import registry

    kubeconfig = yaml.safe_load((directory / "kubeconfig").read_text(encoding="utf-8"))
    root = registry.load(directory / "registry").root
    server = str(kubeconfig["clusters"][0]["cluster"]["server"])
    return remembered.details(Own(registry=root), str(kubeconfig["current-context"]), server) | {"kept": True}
