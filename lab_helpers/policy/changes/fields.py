"""The fields in which two versions of an object differ, by paths a person can follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab_helpers.kube.quantities import quantity
from lab_helpers.policy.manifests.nodes import Items, Map, Number

__all__ = ["MASK", "FieldChange", "Path", "differences", "shown"]

Path = tuple[str, ...]
"""The keys that lead to a value; an item of a list by its name, in brackets."""

MASK = "(secret)"
"""Stands for every value of a Secret."""

_KEYS = ("name", "containerPort", "port", "mountPath", "key", "ip", "topologyKey", "path", "host", "secretName")
_OF_THE_SERVER = frozenset(
    ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink", "deletionTimestamp")
)
_ANNOTATIONS_OF_TOOLS = frozenset(
    ("kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision")
)
_QUANTITIES = frozenset(
    ("requests", "limits", "hard", "capacity", "sizeLimit", "default", "defaultRequest", "averageValue")
)


@dataclass(frozen=True)
class FieldChange:
    """A field that differs.

    Attributes:
        path: Where it is.
        before: Its value before; None where there was none.
        after: Its value after; None where there is none.
    """

    path: Path
    before: Any
    after: Any

    def __str__(self) -> str:
        text = ""
        for part in self.path:
            text += part if part.startswith("[") or not text else f".{part}"
        return text


def differences(before: Map, after: Map) -> list[FieldChange]:
    """The fields in which two versions of an object differ, without what only a server writes."""
    return list(_compare(before, after, ()))


def _compare(before: Any, after: Any, path: Path) -> Iterator[FieldChange]:  # noqa: ANN401
    if isinstance(before, Map) and isinstance(after, Map):
        for key in [*before, *(key for key in after if key not in before)]:
            if not _is_of_the_server((*path, key)):
                yield from _compare(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, Items) and isinstance(after, Items) and _are_named(before) and _are_named(after):
        items = {_name(item): item for item in before}, {_name(item): item for item in after}
        for name in [*items[0], *(name for name in items[1] if name not in items[0])]:
            yield from _compare(items[0].get(name), items[1].get(name), (*path, f"[{name}]"))
    elif not _is_same(before, after, path):
        yield FieldChange(path, before, after)


def _is_of_the_server(path: Path) -> bool:
    if path == ("status",) or (path[0] == "metadata" and len(path) == 2 and path[1] in _OF_THE_SERVER):
        return True
    return path[:2] == ("metadata", "annotations") and path[-1] in _ANNOTATIONS_OF_TOOLS


def _are_named(items: Items) -> bool:
    names = [_name(item) for item in items]
    return all(names) and len(set(names)) == len(names)


def _name(item: Any) -> str:  # noqa: ANN401
    if not isinstance(item, Map):
        return ""
    key = next((key for key in _KEYS if isinstance(item.get(key), str)), "")
    return str(item[key]) if key else ""


def _is_same(before: Any, after: Any, path: Path) -> bool:  # noqa: ANN401
    if _is_nothing(before) and _is_nothing(after):
        return True
    if isinstance(before, Number) != isinstance(after, Number) and not _is_quantity(path):
        return False
    if before == after:
        return True
    return _is_quantity(path) and quantity(before) is not None and quantity(before) == quantity(after)


def _is_nothing(value: object) -> bool:
    return value is None or value == {} or value == []


def _is_quantity(path: Path) -> bool:
    return not _QUANTITIES.isdisjoint(path)


def shown(value: Any) -> str:  # noqa: ANN401
    """A value in a few words."""
    if value is None:
        return "-"
    if isinstance(value, Map):
        text = ", ".join(f"{key}: {shown(item)}" for key, item in value.items())
        return f"{{{text}}}" if len(text) <= _LONGEST else f"{{{', '.join(value)}}}"
    if isinstance(value, Items):
        return f"[{', '.join(map(shown, value))}]"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    first, _newline, rest = text.partition("\n")
    return first if len(first) <= _LONGEST and not rest else f"{first[:_LONGEST]}…"


_LONGEST = 80
