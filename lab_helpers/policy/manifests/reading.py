"""Read YAML and JSON as kubectl does: document by document, with lines, and tolerant of what kubectl tolerates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from lab_helpers.policy.manifests.composing import Composer
from lab_helpers.policy.manifests.nodes import Items, Map, Origin
from lab_helpers.policy.words import words

__all__ = ["Failure", "is_template", "manifests", "mapping", "parse"]

_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_KIND = re.compile(r"""^[ \t]*["']?kind["']?\s*:""", re.MULTILINE)
_API_VERSION = re.compile(r"""^[ \t]*(?:-\s+|\{\s*)?["']?apiVersion["']?\s*:""", re.MULTILINE)
_COMPACT = re.compile(
    r"""["']apiVersion["']\s*:.*["']kind["']\s*:|["']kind["']\s*:.*["']apiVersion["']\s*:""", re.DOTALL
)
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\[\[ |#@|\(\( |^[ \t]*#%", re.MULTILINE)
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
_WHITESPACE_AT_END = re.compile(r"[ \t]+$", re.MULTILINE)


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
        return Composer(file, text, lines_before).document(), None
    except (yaml.YAMLError, RecursionError) as error:
        failure = _failure(error, file, lines_before)
    if "\t" in text:
        try:
            return Composer(file, _without_tabs(text, is_json=file.endswith(".json")), lines_before).document(), None
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
    if "/" not in version:  # of what has no group, Kubernetes has v1 alone
        return version != "v1" or (kind not in _CORE and not kind.endswith("List"))
    return version.startswith(_OTHER_PROGRAMS)
