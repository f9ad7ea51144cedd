"""Helm's values: in values files, in HelmReleases of Flux, in Applications of Argo CD."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab_helpers.policy.files import File
from lab_helpers.policy.kind import is_aside
from lab_helpers.policy.manifests import reading
from lab_helpers.policy.manifests.collecting import VALUES_FILE
from lab_helpers.policy.manifests.environments import Environment, environment_of
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.nodes import Items, Map, Number, Origin, dig, mappings, text

__all__ = ["ChartImage", "Values", "chart_images", "number_tags", "values_of"]


@dataclass(frozen=True)
class Values:
    """Values that a chart is rendered with.

    Attributes:
        content: The values.
        environment: What they are for.
        chart: The directory of the chart whose own they are; None where they are given to somebody else's.
        object: Who has them, as its owner names it.
        is_default: Whether they are the chart's own defaults.
    """

    content: Map
    environment: Environment
    chart: str | None
    object: str
    is_default: bool = False


@dataclass(frozen=True)
class ChartImage:
    """An image that values name.

    Attributes:
        repository: Its name without a tag.
        tag: Its tag; empty where the chart fills in its version.
        origin: Where the tag was written, else the repository.
    """

    repository: str
    tag: str
    origin: Origin


def values_of(stock: Inventory) -> Iterator[Values]:
    """All values of a repository, without those for tests."""
    for file in stock.files.values():
        if VALUES_FILE.search(file.name) and not is_aside(file) and not _is_of_ci(file):
            content = reading.mapping(file.path, file.text)
            if content is not None and "kind" not in content:
                chart = file.directory if file.directory in stock.charts else None
                is_default = chart is not None and file.name in ("values.yaml", "values.yml")
                yield Values(content, environment_of(file.path.rpartition(".")[0]), chart, file.name, is_default)
    for deployment in stock.deployments:
        if deployment.kustomization is not None:
            for content in _of_kustomization(deployment.kustomization.content):
                yield Values(content, deployment.environment, None, deployment.directory)
        for manifest in deployment.manifests:
            for content in _of_release(manifest.kind, manifest.content.get("spec")):
                yield Values(content, deployment.environment, None, manifest.reference)


def _is_of_ci(file: File) -> bool:
    return "ci" in file.parts[:-1] or any(part.startswith(".") for part in file.parts)


def _of_release(kind: str, spec: object) -> Iterator[Map]:
    if kind == "HelmRelease":
        candidates = [dig(spec, "values")]
    elif kind == "Application":
        sources = [dig(spec, "source"), *mappings(dig(spec, "sources"))]
        candidates = [dig(source, "helm", "valuesObject") for source in sources]
        for source in sources:
            helm = dig(source, "helm")
            candidates += [_written_in(helm, "values"), _of_parameters(helm)]
    elif kind == "HelmChart":
        candidates = [_written_in(spec, "valuesContent")]
    else:
        return
    yield from (content for content in candidates if isinstance(content, Map))


def _of_parameters(helm: object) -> Map | None:
    """The values that an Application gives one by one: ``{name: image.tag, value: v1}``."""
    if not isinstance(helm, Map) or not mappings(helm.get("parameters")):
        return None
    content = Map(helm.origin)
    for parameter in mappings(helm["parameters"]):
        *above, last = text(parameter.get("name")).split(".")
        holder = content
        for key in above:
            if not isinstance(holder.get(key), Map):
                holder.place(key, Map(parameter.origin), parameter.origin)
            holder = holder[key]
        holder.place(last, parameter.get("value"), parameter.at("value"))
    return content


def _of_kustomization(content: Map | None) -> Iterator[Map]:
    """The values that a kustomization renders charts with."""
    for chart in mappings(dig(content, "helmCharts")):
        if isinstance(chart.get("valuesInline"), Map):
            yield chart["valuesInline"]


def _written_in(holder: object, key: str) -> Map | None:
    """Values that are written as a text, with the lines they have in the file."""
    if not isinstance(holder, Map) or not isinstance(holder.get(key), str):
        return None
    file, line = holder.at(key)
    return reading.mapping(file, "\n" * line + holder[key])


def chart_images(content: Any, name: str = "") -> Iterator[ChartImage]:  # noqa: ANN401
    """The images that values name, as ``{repository, tag}`` or in one text; templates and digests are left out.

    Args:
        content: The values.
        name: The key that they stand under.
    """
    if isinstance(content, Items):
        for item in content:
            yield from chart_images(item)
    if not isinstance(content, Map):
        return
    if not any(text(content.get(key)) for key in ("digest", "sha", "sha256")):
        yield from _image_of(content, is_image=name.lower().endswith("image"))
    for key, value in content.items():
        if isinstance(value, str) and key.lower().endswith("image"):
            yield from _image_in(content, key)
        else:
            yield from chart_images(value, key)


def _image_of(content: Map, *, is_image: bool) -> Iterator[ChartImage]:
    """The image of a mapping with a tag; called ``image`` it may say less, and the chart's templates the rest."""
    repository, registry = text(content.get("repository")), text(content.get("registry"))
    if repository and "tag" in content and not repository.startswith(("http", "git", "oci:")):
        name = f"{registry}/{repository}" if registry else repository
        yield ChartImage(name, text(content["tag"]), content.at("tag"))
    elif is_image and not repository:
        name = next(filter(None, (text(content.get(key)) for key in ("repo", "name", "registry"))), "image")
        for key in ("tag", "version"):
            if text(content.get(key)):
                yield ChartImage(name, text(content[key]), content.at(key))


def _image_in(content: Map, key: str) -> Iterator[ChartImage]:
    """The image of a text such as ``redis:7.2.5``, or of one whose tag stands beside it."""
    value: str = content[key]
    name, _colon, tag = value.rpartition(":")
    if re.fullmatch(r"[a-z0-9][\w./-]*(?::\d+/[\w./-]+)?:[\w.-]+", value):
        yield ChartImage(name, tag, content.at(key))
    elif key == "image" and text(content.get("tag")) and re.fullmatch(r"[a-z0-9][\w./:-]*", value):
        yield ChartImage(value, text(content["tag"]), content.at("tag"))


def number_tags(stock: Inventory) -> Iterator[tuple[Origin, str]]:
    """The tags without quotes that kustomize refuses and Helm writes differently, each with its place."""
    for path, file in stock.files.items():
        if path.rpartition("/")[2] in ("kustomization.yaml", "kustomization.yml") and not is_aside(file):
            content = reading.mapping(path, file.text)
            for entry in mappings(dig(content, "images")):
                if isinstance(entry.get("newTag"), Number):
                    yield entry.at("newTag"), entry["newTag"]
    for values in values_of(stock):
        yield from _number_tags(values.content)


def _number_tags(content: Any) -> Iterator[tuple[Origin, str]]:  # noqa: ANN401
    if isinstance(content, Items):
        for item in content:
            yield from _number_tags(item)
    elif isinstance(content, Map):
        for key, value in content.items():
            is_tag = key == "tag" and ("repository" in content or "image" in content or "registry" in content)
            if is_tag and isinstance(value, Number) and _is_rewritten(value):
                yield content.at(key), str(value)
            else:
                yield from _number_tags(value)


def _is_rewritten(number: str) -> bool:
    """Whether Helm writes a number differently than it was written: also the whole ones from a million on."""
    if re.fullmatch(r"[1-9]\d*|0", number):
        return int(number) >= 1_000_000
    if re.fullmatch(r"\d+\.\d+", number):
        return f"{float(number):g}" != number
    return True
