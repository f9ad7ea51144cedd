"""Compare what is deployed before and after: which objects come, change and go, and what that does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from lab_helpers.policy.changes.effects import Effect, of_change, of_removal
from lab_helpers.policy.changes.fields import MASK, FieldChange, differences
from lab_helpers.policy.manifests.nodes import Map, copied
from lab_helpers.policy.manifests.objects import Manifest

__all__ = ["Change", "ChangeKind", "Key", "Objects", "Side", "compare", "key_of"]


class Key(NamedTuple):
    """What tells an object from all others.

    Attributes:
        root: The overlay it is of; empty where there is but one.
        group: Its API group.
        kind: As in ``Deployment``.
        namespace: Empty where it names none.
        name: Its name, without a hash of its content.
    """

    root: str
    group: str
    kind: str
    namespace: str
    name: str


Objects = Mapping[Key, Manifest]
"""What is deployed, by what tells each from all others."""


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        objects: What is deployed.
        gaps: What of it is unknown: files, and as ``FILE:LINE NAME`` what is named there.
    """

    objects: Objects
    gaps: tuple[str, ...] = ()


class ChangeKind(StrEnum):
    """What happens to an object."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class Change:
    """What happens to an object.

    Attributes:
        kind: Whether it comes, changes or goes.
        key: Which it is.
        fields: The fields that change, values of Secrets masked; only of a change.
        effects: What it does to what runs.
    """

    kind: ChangeKind
    key: Key
    fields: tuple[FieldChange, ...] = ()
    effects: tuple[Effect, ...] = ()


def key_of(manifest: Manifest, root: str = "") -> Key:
    """What tells an object from all others."""
    return Key(root, manifest.group, manifest.kind, manifest.namespace, manifest.name)


def compare(before: Objects, after: Objects) -> list[Change]:
    """What happens to each object that is not the same after as before, by root, kind and name."""
    changes = []
    for key in sorted({*before, *after}):
        if key not in before:
            changes.append(Change(ChangeKind.ADDED, key))
        elif key not in after:
            changes.append(Change(ChangeKind.REMOVED, key, effects=(of_removal(before[key]),)))
        else:
            beside = [manifest for other, manifest in after.items() if other.root == key.root]
            changes += _changed(key, before[key], after[key], beside)
    return changes


def _changed(key: Key, before: Manifest, after: Manifest, beside: Sequence[Manifest]) -> list[Change]:
    fields = differences(_decoded(before), _decoded(after))
    if before.absent or after.absent:
        fields = [field for field in fields if field.path[0] not in _VALUES]
    if not fields:
        return []
    effects = tuple(dict.fromkeys(of_change(before, after, fields, beside)))
    if key.kind == "Secret":
        fields = [_masked(field) for field in fields]
    return [Change(ChangeKind.CHANGED, key, tuple(fields), effects)]


def _decoded(manifest: Manifest) -> Map:
    """The object, of a Secret with one form of its values: those in plain text, as if they were encoded."""
    if manifest.kind != "Secret" or not isinstance(manifest.content.get("stringData"), Map):
        return manifest.content
    from base64 import b64encode

    content: Map = copied(manifest.content)
    plain: Map = content["stringData"]
    values = content["data"] if isinstance(content.get("data"), Map) else Map(plain.origin)
    for key, value in plain.items():
        values.place(key, b64encode(str(value).encode()).decode(), plain.origins[key])
    del content["stringData"]
    content.place("data", values)
    return content


_VALUES = ("data", "stringData", "binaryData")


def _masked(field: FieldChange) -> FieldChange:
    if field.path[0] not in _VALUES:
        return field
    before, after = (MASK if value is not None else None for value in (field.before, field.after))
    return FieldChange(field.path, before, after)
