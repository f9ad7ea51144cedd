"""Read YAML and JSON as kubectl does: document by document, with lines, and tolerant of what kubectl tolerates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from lab_helpers.policy.manifests.nodes import Items, Map, Number, Origin
from lab_helpers.policy.words import words

__all__ = ["Failure", "is_template", "manifests", "mapping", "parse"]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_KIND = re.compile(r"""^\s*["']?kind["']?\s*:""", re.MULTILINE)
_API_VERSION = re.compile(r"""^\s*(?:-\s+|\{\s*)?["']?apiVersion["']?\s*:""", re.MULTILINE)
_COMPACT = re.compile(
    r"""["']apiVersion["']\s*:.*["']kind["']\s*:|["']kind["']\s*:.*["']apiVersion["']\s*:""", re.DOTALL
)
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\[\[ |#@|\(\( |^\s*#%", re.MULTILINE)
_DEFINITION = re.compile(r"^kind:\s*[\"']?CustomResourceDefinition\b", re.MULTILINE)
_DEFINITION_NAME = re.compile(r"^  name:\s*[\"']?([\w.-]+)", re.MULTILINE)
_CORE = words(
    """ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate
    ReplicationController ResourceQuota Secret Service ServiceAccount"""
)
_OTHER_PROGRAMS = (
    "apiserver.config.k8s.io",
    "audit.k8s.io",
    "backstage.io",
    "client.authentication.k8s.io",
    "ctlptl.dev",
    "eksctl.io",
    "k3d.io",
    "kind.x-k8s.io",
    "kubeadm.k8s.io",
    "kubelet.config.k8s.io",
    "skaffold",
)
_MOST_VALUES = 2_000_000
"""How many values a document may have; a file of the largest size that is read has fewer."""

_WHITESPACE_AT_END = re.compile(r"[ \t]+$", re.MULTILINE)

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_NUMBER = re.compile(r"[-+]?(?:0x[0-9a-fA-F]+|0o?[0-7]+|(?:\d[\d_]*)?\.?\d+(?:[eE][-+]?\d+)?|\d[\d_]*\.)")


@dataclass(frozen=True)
class Failure:
    """Why a document cannot be read.

    Attributes:
        origin: Where it cannot.
        reason: What the parser says.
    """

    origin: Origin
    reason: str


def is_template(text: str) -> bool:
    """Whether a text is filled in by another program before it is YAML: Helm, Jinja, ytt, Go templates."""
    return _TEMPLATE.search(text) is not None


def manifests(file: str, text: str) -> tuple[list[Map], list[Failure]]:
    """The Kubernetes objects of a file, those of a ``kind: List`` one by one; what is none is left alone.

    Args:
        file: The path in the repository.
        text: What it holds.
    """
    if not _mentions_objects(text):
        return [], []
    objects: list[Map] = []
    failures: list[Failure] = []
    for chunk, line in _chunks(file, text):
        if not _mentions_objects(chunk):
            continue
        if _DEFINITION.search(chunk):
            objects.append(_definition(file, chunk, line))
            continue
        content, failure = _document(file, chunk, line)
        if failure is not None and not is_template(chunk):
            failures.append(failure)
        objects += _flat(content)
    return objects, failures


def parse(file: str, text: str) -> tuple[list[Any], list[Failure]]:
    """All documents of a file, whatever they are.

    Args:
        file: The path in the repository.
        text: What it holds.
    """
    documents = []
    failures = []
    for chunk, line in _chunks(file, text):
        content, failure = _document(file, chunk, line)
        if failure is not None:
            failures.append(failure)
        elif content is not None:
            documents.append(content)
    return documents, failures


def mapping(file: str, text: str) -> Map | None:
    """The first document of a file, if it is a mapping."""
    documents, _failures = parse(file, text)
    return documents[0] if documents and isinstance(documents[0], Map) else None


def _mentions_objects(text: str) -> bool:
    if "kind" not in text or "apiVersion" not in text:
        return False
    return bool(_KIND.search(text) and _API_VERSION.search(text)) or bool(_COMPACT.search(text))


def _chunks(file: str, text: str) -> Iterator[tuple[str, int]]:
    """The documents of a text, each with the number of lines before it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if file.endswith(".json"):
        yield text, 0
        return
    start = line = 0
    for separator in _SEPARATOR.finditer(text):
        yield text[start : separator.start()], line
        line += text.count("\n", start, separator.start())
        # What stands behind the dashes is a comment, or belongs to the document.
        start = separator.start() + len("---")
    yield text[start:], line


def _document(file: str, text: str, lines_before: int) -> tuple[Any, Failure | None]:
    try:
        return _Composer(file, text, lines_before).document(), None
    except (yaml.YAMLError, RecursionError) as error:
        failure = _failure(error, file, lines_before)
    if "\t" in text:
        try:
            return _Composer(file, _without_tabs(text, is_json=file.endswith(".json")), lines_before).document(), None
        except (yaml.YAMLError, RecursionError):
            pass
    return None, failure


def _without_tabs(text: str, *, is_json: bool) -> str:
    """The text without the tabs that kubectl's parser takes and libyaml does not."""
    if is_json or text.lstrip().startswith(("{", "[")):
        return text.replace("\t", " ")
    return _WHITESPACE_AT_END.sub("", text)


def _failure(error: Exception, file: str, lines_before: int) -> Failure:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = lines_before + (mark.line + 1 if mark else 1)
    reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return Failure(Origin(file, line), reason)


def _definition(file: str, text: str, lines_before: int) -> Map:
    """A CustomResourceDefinition by name alone: they are long, and no rule is about what is in them."""
    origin = Origin(file, lines_before + 1 + text[: len(text) - len(text.lstrip())].count("\n"))
    content, metadata = Map(origin), Map(origin)
    name = _DEFINITION_NAME.search(text)
    metadata.place("name", name.group(1) if name else "")
    content.place("apiVersion", "apiextensions.k8s.io/v1")
    content.place("kind", "CustomResourceDefinition")
    content.place("metadata", metadata)
    return content


def _flat(content: object) -> Iterator[Map]:
    if not isinstance(content, Map):
        return
    kind, version = content.get("kind"), content.get("apiVersion")
    if not isinstance(kind, str) or not isinstance(version, str) or _is_of_another_program(version, kind):
        return
    items = content.get("items")
    if kind.endswith("List") and isinstance(items, Items):
        for item in items:
            yield from _flat(item)
    else:
        yield content


def _is_of_another_program(version: str, kind: str) -> bool:
    """Whether an object is written for a program, and no cluster is given it: a kubeconfig, Skaffold's settings."""
    if "/" not in version:
        return version != "v1" or (kind not in _CORE and not kind.endswith("List"))
    return version.startswith(_OTHER_PROGRAMS)


class _Composer:
    """Builds the value of one document from libyaml's events; an anchor may be defined again, and then counts anew."""

    def __init__(self, file: str, text: str, lines_before: int) -> None:
        self._file = file
        self._offset = lines_before + 1
        self._anchors: dict[str, Any] = {}
        self._weights: dict[str, int] = {}
        self._count = 0
        self._events = yaml.parse(text, Loader=_Loader)

    def document(self) -> Any:  # noqa: ANN401
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
