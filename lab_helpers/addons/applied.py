"""What was applied of an add-on on one cluster, noted before it is, so that all of it can be taken back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import files
from lab_helpers.addons.contract import Addon
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["Identity", "directory", "forget", "identities", "note"]


@dataclass(frozen=True)
class Identity:
    """What tells one object of a cluster from all others.

    Attributes:
        api_version: As a manifest has it.
        kind: As a manifest has it.
        name: Its name.
        namespace: Where it is; empty for what belongs to the whole cluster.
    """

    api_version: str
    kind: str
    name: str
    namespace: str = ""


def directory(cluster: Cluster) -> Path:
    """Where the notes of a cluster's add-ons lie, which goes with the cluster."""
    return cluster.directory / "addons"


def note(addon: Addon, cluster: Cluster, objects: Sequence[Object]) -> None:
    """Note objects, after those that were noted before, for what is applied once is taken back with the rest."""
    new = [_identity(content) for content in objects]
    noted = [identity for identity in identities(addon, cluster) if identity not in new]
    path = _path(addon, cluster)
    path.parent.mkdir(exist_ok=True)
    files.write(path, json.dumps([vars(identity) for identity in (*noted, *new)], indent=2) + "\n")


def identities(addon: Addon, cluster: Cluster) -> list[Identity]:
    """What was noted, in the order it was applied; nothing where the lab did not install it.

    Raises:
        LabError: The note cannot be read.
    """
    path = _path(addon, cluster)
    try:
        return [_parse(fields) for fields in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        reason = _("cannot be read: {error}").format(error=error)
        command = f"lab addon install {addon.name} --name {cluster.name}"
        again = _("delete it, then: {command}").format(command=command)
        raise LabError(reason, object=str(path), next_step=again) from error


def forget(addon: Addon, cluster: Cluster) -> None:
    """Note that nothing of it is left."""
    _path(addon, cluster).unlink(missing_ok=True)


def _path(addon: Addon, cluster: Cluster) -> Path:
    return directory(cluster) / f"{addon.name}.json"


def _parse(fields: Mapping[str, object]) -> Identity:
    identity = Identity(**fields)  # type: ignore[arg-type] # checked below
    for name, value in vars(identity).items():
        if not isinstance(value, str):
            raise TypeError(_("{key} must be a string").format(key=name))
    return identity


def _identity(content: Object) -> Identity:
    metadata = content["metadata"]
    return Identity(content["apiVersion"], content["kind"], metadata["name"], metadata.get("namespace", ""))
