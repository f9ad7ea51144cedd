"""Values of YAML that remember the file and line they were written in, also after one is merged into another."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Items", "Map", "Number", "Origin", "copied", "dig", "mappings", "strings", "text"]


class Origin(NamedTuple):
    """Where a value was written.

    Attributes:
        file: The path in the repository, with slashes.
        line: The line, counted from 1.
    """

    file: str
    line: int


class Number(str):
    """A number as it was written without quotes: ``1.10`` is not ``1.1`` to whoever reads a tag."""

    __slots__ = ()


class Map(dict[str, Any]):
    """A mapping.

    Attributes:
        origin: Where it begins.
        origins: Where each of its keys was written.
    """

    __slots__ = ("origin", "origins")

    def __init__(self, origin: Origin) -> None:
        super().__init__()
        self.origin = origin
        self.origins: dict[str, Origin] = {}

    def place(self, key: str, value: object, origin: Origin | None = None) -> None:
        """Set a key that was written at a place; by default where it was before, else where the mapping begins."""
        self[key] = value
        self.origins[key] = origin or self.origins.get(key) or self.origin

    def at(self, *keys: str) -> Origin:
        """Where the value below some keys was written; of keys that are not there, where the nearest one above was."""
        origin, node = self.origin, self
        for key in keys:
            if key not in node:
                break
            origin = node.origins.get(key, origin)
            if not isinstance(node[key], Map):
                break
            node = node[key]
        return origin


class Items(list[Any]):
    """A list.

    Attributes:
        origin: Where it begins.
        origins: Where each of its items was written.
    """

    __slots__ = ("origin", "origins")

    def __init__(self, origin: Origin) -> None:
        super().__init__()
        self.origin = origin
        self.origins: list[Origin] = []

    def add(self, value: object, origin: Origin | None = None) -> None:
        """Append an item that was written at a place; by default where it begins, else where the list does."""
        self.append(value)
        if origin is None:
            origin = value.origin if isinstance(value, Map | Items) else self.origin
        self.origins.append(origin)

    def insert_at(self, index: int, value: object, origin: Origin) -> None:
        """Insert an item before that of an index."""
        self.insert(index, value)
        self.origins.insert(index, origin)

    def remove_at(self, index: int) -> None:
        """Remove the item of an index."""
        del self[index]
        del self.origins[index]


def copied(value: Any) -> Any:  # noqa: ANN401
    """A copy that shares nothing that can be changed with the original."""
    if isinstance(value, Map):
        mapping = Map(value.origin)
        for key, item in value.items():
            mapping[key] = copied(item)
        mapping.origins = dict(value.origins)
        return mapping
    if isinstance(value, Items):
        items = Items(value.origin)
        items.extend(copied(item) for item in value)
        items.origins = list(value.origins)
        return items
    return value


def dig(value: Any, *keys: str) -> Any:  # noqa: ANN401
    """The value below some keys; None where one of them is missing, or is of no mapping."""
    for key in keys:
        if not isinstance(value, Map):
            return None
        value = value.get(key)
    return value


def mappings(value: Any) -> list[Map]:  # noqa: ANN401
    """The mappings among the items of a list; none where it is no list."""
    return [item for item in value if isinstance(item, Map)] if isinstance(value, Items) else []


def strings(value: Any) -> dict[str, str]:  # noqa: ANN401
    """The texts of a mapping, such as labels; empty where it is none."""
    if not isinstance(value, Map):
        return {}
    return {key: item for key, item in value.items() if isinstance(item, str)}


def text(value: Any) -> str:  # noqa: ANN401
    """A text, also one that was written as a number; empty where it is none."""
    return value if isinstance(value, str) else ""
