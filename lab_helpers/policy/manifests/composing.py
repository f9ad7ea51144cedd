"""Compose the value of a YAML document from libyaml's events, so that each part of it has its line."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from lab_helpers.policy.manifests.nodes import Items, Map, Number, Origin

__all__ = ["Composer"]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_MOST_VALUES = 2_000_000
"""How many values a document may have; a file of the largest size that is read has fewer."""
_NUMBER = re.compile(r"[-+]?(?:0x[0-9a-fA-F]+|0o?[0-7]+|(?:\d[\d_]*)?\.?\d+(?:[eE][-+]?\d+)?|\d[\d_]*\.)")


class Composer:
    """Builds the value of one document from libyaml's events; an anchor may be defined again, and then counts anew."""

    def __init__(self, file: str, text: str, lines_before: int) -> None:
        self._file = file
        self._offset = lines_before + 1
        self._anchors: dict[str, Any] = {}
        self._weights: dict[str, int] = {}
        self._count = 0
        self._events = yaml.parse(text, Loader=_Loader)

    def document(self) -> Any:  # noqa: ANN401
        """The value of the document; None of an empty one."""
        for event in self._events:
            if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent | yaml.AliasEvent):
                return self._value(event)
        return None

    def _value(self, event: Any) -> Any:  # noqa: ANN401
        kind = type(event)
        if kind is yaml.AliasEvent:
            self._add(self._weights.get(event.anchor, 0))
            return self._anchors.get(event.anchor)
        before = self._count
        self._add(1)
        value: Any
        if kind is yaml.ScalarEvent:
            value = self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            value = self._mapping(event)
        else:
            value = self._sequence(event)
        if event.anchor:
            self._anchors[event.anchor] = value
            self._weights[event.anchor] = self._count - before
        return value

    def _add(self, weight: int) -> None:
        """Count the values of the document as if each alias were written out, as kubectl's parser does."""
        self._count += weight
        if self._count > _MOST_VALUES:
            raise yaml.YAMLError("aliases make more of it than any cluster takes")

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
