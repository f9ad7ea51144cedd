"""Random nonces in a pod's volumes, and the status of PersistentVolumeClaims."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from lab_helpers.errors import Forbidden, LabError
from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _

__all__ = ["ClaimBinding", "claim", "new_nonce", "read_nonce"]


@dataclass(frozen=True)
class ClaimBinding:
    """A PersistentVolumeClaim and its volume.

    Attributes:
        phase: ``Pending``, ``Bound`` or ``Lost``.
        volume: The PersistentVolume's name; empty until bound.
        storage_class: The name of its StorageClass.
        capacity: As Kubernetes writes it (``1Gi``); empty until bound.
        host_path: The directory on the node, if the volume is one and this user may read PersistentVolumes; else empty.
    """

    phase: str
    volume: str
    storage_class: str
    capacity: str
    host_path: str


def new_nonce() -> str:
    """A new random nonce."""
    return f"nonce-{secrets.token_hex(16)}"


def read_nonce(client: Client, pod: str, namespace: str, path: str, container: str | None = None) -> str | None:
    """The content of the file ``path`` in a pod; None if there is no such file.

    Raises:
        LabError: The file exists and cannot be read; the container needs ``cat`` and ``test``.
    """
    read = client.exec(pod, ["cat", path], namespace, container)
    if read.returncode == 0:
        return read.stdout
    if client.exec(pod, ["test", "-e", path], namespace, container).returncode == 1:
        return None
    raise LabError(_("cannot be read: {error}").format(error=read.stderr.strip()), object=_inside(pod, path))


def claim(client: Client, name: str, namespace: str) -> ClaimBinding:
    """The claim of a name in a namespace.

    Raises:
        LabError: There is no such claim.
    """
    pvc = client.get("pvc", name, namespace)
    if pvc is None:
        raise LabError(
            _("not found in namespace {namespace}").format(namespace=namespace),
            object=f"claim/{name}",
            next_step=f"kubectl -n {namespace} get pvc",
        )
    spec, status = pvc["spec"], pvc.get("status", {})
    volume = spec.get("volumeName", "")
    return ClaimBinding(
        phase=status.get("phase", ""),
        volume=volume,
        storage_class=spec.get("storageClassName", ""),
        capacity=status.get("capacity", {}).get("storage", ""),
        host_path=_host_path(client, volume),
    )


def _inside(pod: str, path: str) -> str:
    return _("{path} in {pod}").format(path=path, pod=f"pod/{pod}")


def _host_path(client: Client, volume: str) -> str:
    try:
        pv = client.get("pv", volume) if volume else None
    except Forbidden:  # PersistentVolumes are cluster-scoped
        return ""
    source = pv["spec"] if pv else {}
    return str((source.get("hostPath") or source.get("local") or {}).get("path", ""))
