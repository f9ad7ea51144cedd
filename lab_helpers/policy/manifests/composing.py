"""Compose the value of a YAML document from libyaml's events, so that each part of it has its line."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from yaml.composer import ComposerError

from lab_helpers.policy.manifests.nodes import Items, Map, Number, Origin

__all__ = ["Composer"]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_NUMBER = re.compile(r"[-+]?(?:0x[0-9a-fA-F]+|0o?[0-7]+|(?:\d[\d_]*)?\.?\d+(?:[eE][-+]?\d+)?|\d[\d_]*\.)")


_DEEPEST = 100
"""How deep a document may nest; what is built of it is walked by recursion."""
_MOST_ALIASED = 100_000
"""How many values the aliases of a document may stand for; a few lines of aliases of aliases are billions."""


class Composer:
    """Builds the value of one document from libyaml's events; an anchor may be defined again, and then counts anew.

    Raises:
        YAMLError: It is no YAML, nests too deep, or its aliases stand for too much.
    """

    def __init__(self, file: str, text: str, lines_before: int) -> None:
        self._file = file
        self._offset = lines_before + 1
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._size = self._aliased = self._depth = 0
        self._events = yaml.parse(text, Loader=_Loader)

    def document(self) -> Any:  # noqa: ANN401
        """The value of the document; None of an empty one."""
        for event in self._events:
            if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent | yaml.AliasEvent):
                return self._value(event)
        return None

    def _value(self, event: Any) -> Any:  # noqa: ANN401
        if type(event) is yaml.AliasEvent:
            return self._alias(event)
        before = self._size
        self._size += 1
        value = self._scalar(event) if type(event) is yaml.ScalarEvent else self._collection(event)
        if event.anchor:
            self._anchors[event.anchor] = value
            self._sizes[event.anchor] = self._size - before
        return value

    def _alias(self, event: Any) -> Any:  # noqa: ANN401
        size = self._sizes.get(event.anchor, 0)
        self._size += size
        self._aliased += size
        if self._aliased > _MOST_ALIASED:
            raise ComposerError(None, None, "its aliases stand for too many values", event.start_mark)
        return self._anchors.get(event.anchor)

    def _collection(self, event: Any) -> Map | Items:  # noqa: ANN401
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ComposerError(None, None, "nested too deep", event.start_mark)
        content = self._mapping(event) if type(event) is yaml.MappingStartEvent else self._sequence(event)
        self._depth -= 1
        return content

    def _scalar(self, event: Any) -> str | bool | None:  # noqa: ANN401
        text: str = event.value
        if event.tag and event.tag[0] == "!" and len(event.tag) > 1:
            return f"{event.tag} {text}"  # a program's own, such as !env_var: not the value itself
        if not event.implicit[0] or event.style:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        return Number(text) if text[0] in "0123456789+-." and _NUMBER.fullmatch(text) else text

    def _mapping(self, start: Any) -> Map:  # noqa: ANN401
        content = Map(self._origin(start))
        merged = []
        for event in self._events:
            if type(event) is yaml.MappingEndEvent:
                break
            origin = self._origin(event)
            key = event.value if type(event) is yaml.ScalarEvent else json.dumps(self._value(event), default=str)
            value = self._value(next(self._events))
            if key == "<<":
                merged += value if isinstance(value, Items) else [value]
            else:
                content.place(key, value, origin)
        for mapping in merged:
            for key, value in mapping.items() if isinstance(mapping, Map) else ():
                if key not in content:
                    content.place(key, value, mapping.origins[key])
        return content

    def _sequence(self, start: Any) -> Items:  # noqa: ANN401
        items = Items(self._origin(start))
        for event in self._events:
            if type(event) is yaml.SequenceEndEvent:
                break
            items.add(self._value(event), self._origin(event))
        return items

    def _origin(self, event: Any) -> Origin:  # noqa: ANN401
        return Origin(self._file, self._offset + event.start_mark.line)
