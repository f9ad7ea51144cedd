"""Records of clusters: what is on disk so that the next command, or the next day, knows what runs and what is left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from lab_helpers import files, paths
from lab_helpers.cluster import lab_lock
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = [
    "PROVIDERS",
    "ClusterRecord",
    "Unreadable",
    "change",
    "complete",
    "expect_complete",
    "expect_kept",
    "expect_whole",
    "load",
    "names",
    "path",
    "remove",
    "save",
]


# What each provider needs to find a cluster again.
_DETAILS: dict[str, dict[str, type]] = {
    "embedded": {"directory": str, "network": int},
    "kind": {"directory": str},
    "k3d": {"directory": str},
    "existing": dict.fromkeys(
        ("server", "context", "registry", "registry_ca", "registry_config", "storage_class"), str
    ),
}
PROVIDERS = tuple(_DETAILS)
"""Who may have made a cluster."""

_FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "provider": str,
    "created": (int, float),
    "kubernetes": str,
    "details": dict,
    "kept": bool,
    "made": bool,
    "restoring": str,
}


class Unreadable(LabError):
    """What a record says cannot be understood: its writer was killed, or of another version, or somebody edited it."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            _("its record cannot be read: {reason}").format(reason=reason),
            object=_("lab {name}").format(name=name),
            last_event=str(path(name)),
            next_step=f"lab down --name {name}",
        )


@dataclass(frozen=True)
class ClusterRecord:
    """What is known of a cluster.

    Attributes:
        name: The lab's name.
        provider: Who made it.
        created: When, as seconds since the epoch.
        kubernetes: The version of its API server.
        details: What its provider needs to find it again; plain JSON values.
        kept: Whether it is to live until it is deleted by name; what nobody asked to keep goes with whoever made it.
        made: Whether it is complete; before, nobody but its maker can use it.
        restoring: The command by which it is being taken back to a checkpoint; empty where to none.
    """

    name: str
    provider: str
    created: float
    kubernetes: str
    details: dict[str, object]
    kept: bool = True
    made: bool = True
    restoring: str = ""


def path(name: str) -> Path:
    """Where the record of a lab lies."""
    return paths.state_directory(name) / "record.json"


def save(record: ClusterRecord) -> Path:
    """Write a record, whole or not at all, and return its path."""
    target = path(record.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    return files.write(target, json.dumps(asdict(record), indent=2))


def load(name: str) -> ClusterRecord | None:
    """The record of a lab, if it has one.

    Raises:
        Unreadable: It has, and nobody can say what it means.
    """
    try:
        return _parse(path(name).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise Unreadable(name, str(error)) from error


def _parse(text: str) -> ClusterRecord:
    """A record from its JSON.

    Raises:
        ValueError: It is none: nothing else than this very form can be acted upon.
    """
    content = json.loads(text)
    if isinstance(content, dict):
        content.setdefault("restoring", "")  # the cluster may have been made when there were no checkpoints
    _expect(content, _FIELDS)
    unknown = set(content) - set(_FIELDS)
    if unknown:
        raise ValueError(_("unknown: {unknown}").format(unknown=", ".join(sorted(unknown))))
    if content["provider"] not in PROVIDERS:
        raise ValueError(_("no such provider: {provider!r}").format(provider=content["provider"]))
    _expect(content["details"], _DETAILS[content["provider"]])
    return ClusterRecord(**content)


def _expect(content: object, fields: Mapping[str, type | tuple[type, ...]]) -> None:
    if not isinstance(content, dict):
        raise ValueError(_("no JSON object"))
    wrong = sorted(name for name, kind in fields.items() if not isinstance(content.get(name), kind))
    if wrong:
        raise ValueError(_("missing or of another type: {wrong}").format(wrong=", ".join(wrong)))


def change(name: str, **fields: object) -> bool:
    """Note something else of a lab's cluster; False where it has no record any more: somebody has deleted it."""
    entry = load(name)
    if entry is not None:
        save(ClusterRecord(**(vars(entry) | fields)))
    return entry is not None


def complete(name: str) -> None:
    """Note that a lab's cluster is made."""
    change(name, made=True)


def expect_complete(name: str) -> None:
    """Make sure that a lab's cluster can be used by others than its maker.

    Raises:
        lab_lock.Locked: It is still being made.
    """
    entry = load(name)
    if entry is not None and not entry.made:
        object_name = _("lab {name}").format(name=name)
        raise lab_lock.Locked(_("is still being created"), object=object_name, next_step=f"lab status --name {name}")


def expect_kept(name: str) -> None:
    """Make sure that a lab's cluster is there for others than whoever made it.

    Raises:
        LabError: It goes with its maker, and would go from under anybody else.
    """
    entry = load(name)
    if entry is not None and not entry.kept:
        object_name = _("lab {name}").format(name=name)
        reason = _("was made for a run or a notebook that is under way, and goes when that ends")
        raise LabError(reason, object=object_name, next_step="--name ANOTHER")


def expect_whole(name: str, *, but: str = "") -> None:
    """Make sure that a lab is not halfway between what it was and a checkpoint.

    Args:
        name: The lab's name.
        but: The command that would finish it, where it is that one which asks.

    Raises:
        LabError: It is: whoever took it back was killed, or is at it.
    """
    entry = load(name)
    if entry is not None and entry.restoring not in ("", but):
        raise LabError(
            _("is only partly back at a checkpoint: what took it there was ended, or is still at it"),
            object=_("lab {name}").format(name=name),
            next_step=entry.restoring,
        )


def remove(name: str) -> None:
    """Forget a lab's cluster; the learner's workspace beside the record stays."""
    path(name).unlink(missing_ok=True)


def names() -> list[str]:
    """The labs that have a record."""
    return sorted(file.parent.name for file in paths.state_directory().glob("labs/*/record.json"))
