"""What is deployed to staging and production is named by a tag that never moves, or by a digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.images import Flaw, Image, explain, flaw
from lab_helpers.policy.manifests import reading
from lab_helpers.policy.manifests.environments import Environment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, each, once, violation
from lab_helpers.policy.manifests.nodes import Map, dig, text
from lab_helpers.policy.manifests.values import Values, chart_images, values_of
from lab_helpers.policy.registry import Violation, rule

# The template's policy, and the label of the namespaces that its binding selects.
_POLICY, _GUARDED = "immutable-image-tags", ("staging", "production")
# What a person or a program replaces before it is applied.
_STAND_IN = re.compile(
    r"[$<>]|^(?:IMAGE|REPLACE|YOUR|TODO)|(?i:your[-_]|changeme|replace[-_]?me|placeholder)|^controller(?::|$)"
)


@rule(
    "image-latest",
    section="1.2",
    kinds=KINDS,
    title=gettext_noop("Nothing deploys latest"),
    why=gettext_noop(
        "Each node runs whatever latest was when it pulled: two pods of one Deployment differ, and a rollback brings "
        "the same image back."
    ),
    fix=gettext_noop("Name a version (`v1.2.3`), a commit (`sha-abc1234`) or a digest, in the overlay's `images:`."),
)
@once
def latest(stock: Inventory) -> Iterator[Violation]:
    """Images with the tag latest in staging and production."""
    yield from _flawed(stock, Flaw.LATEST)


@rule(
    "image-untagged",
    section="1.2",
    kinds=KINDS,
    title=gettext_noop("Every image that is deployed has a tag"),
    why=gettext_noop("Without a tag latest is pulled, though nobody wrote it: what runs changes without a commit."),
    fix=gettext_noop("Give it a tag in the overlay's `images:`, with the name exactly as it stands here."),
)
@once
def untagged(stock: Inventory) -> Iterator[Violation]:
    """Images that are deployed to staging and production without a tag."""
    yield from _flawed(stock, Flaw.UNTAGGED)


@rule(
    "image-moving",
    section="1.2",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("A tag that is deployed never moves"),
    why=gettext_noop(
        "Somebody pushes the tag again: nodes that have the old image keep it, new ones pull another, `kubectl apply` "
        "says unchanged."
    ),
    fix=gettext_noop("Name a version (`v1.2.3`), a commit (`sha-abc1234`) or a digest."),
)
@once
def moving(stock: Inventory) -> Iterator[Violation]:
    """Images of staging and production whose tag moves from image to image."""
    yield from _flawed(stock, Flaw.MOVING)


@rule(
    "image-unversioned",
    section="1.2",
    kinds=KINDS,
    title=gettext_noop("Nothing is deployed that the cluster's own policy refuses"),
    why=gettext_noop(
        "The ValidatingAdmissionPolicy immutable-image-tags, which this repository deploys, takes versions, commits "
        "and digests alone: the apply ends half done."
    ),
    fix=gettext_noop("Name a version (`v1.2.3`), a commit (`sha-abc1234`) or a digest."),
)
@once
def unversioned(stock: Inventory) -> Iterator[Violation]:
    """Images of staging and production that the policy beside them refuses."""
    yield from _flawed(stock, Flaw.UNVERSIONED)


def _flawed(stock: Inventory, kind: Flaw) -> Iterator[Violation]:
    for _deployment, manifest in each(stock.deployments):
        is_refused = manifest.namespace in _guarded_namespaces(stock)
        for image, origin in manifest.pods.images if manifest.pods else ():
            if reading.is_template(image) or _STAND_IN.search(image) or flaw(image, is_refused=is_refused) is not kind:
                continue
            if kind is not Flaw.UNTAGGED or is_refused or not _is_completed(stock, image):
                yield violation(manifest, explain(kind, image), origin)
    if kind is not Flaw.UNTAGGED:
        for values in values_of(stock):
            yield from _flawed_values(stock, values, kind)


def _flawed_values(stock: Inventory, values: Values, kind: Flaw) -> Iterator[Violation]:
    if values.environment is Environment.DEVELOPMENT:
        return
    is_refused = values.chart is not None and bool(_guarded_namespaces(stock))  # where its own charts go, too
    for image in chart_images(values.content):
        tag = image.tag or _version(stock, values)
        name = f"{image.repository}:{tag}"
        is_stand_in = reading.is_template(name) or _STAND_IN.search(name)
        if tag and not is_stand_in and "@" not in tag and flaw(name, is_refused=is_refused) is kind:
            yield Violation(*image.origin, explain(kind, name), values.object)


@lru_cache(maxsize=8)
def _guarded_namespaces(stock: Inventory) -> frozenset[str]:
    """The namespaces where the cluster refuses by itself what this repository must not deploy."""
    if _POLICY not in stock.names.get("ValidatingAdmissionPolicy", ()):
        return frozenset()
    namespaces = (manifest for manifest in stock.manifests if manifest.kind == "Namespace")
    return frozenset(each.name for each in namespaces if each.labels.get("environment") in _GUARDED)


def _version(stock: Inventory, values: Values) -> str:
    """The version of the application that a chart of this repository fills in for a tag that is empty."""
    file = stock.files.get(f"{values.chart}/Chart.yaml".lstrip("/")) if values.chart is not None else None
    chart: Map | None = reading.mapping(file.path, file.text) if file else None
    return text(dig(chart, "appVersion"))


def _is_completed(stock: Inventory, image: str) -> bool:
    """Whether a program outside the manifests gives an image its tag: Skaffold, or a command of a pipeline."""
    repository = Image.parse(image).repository
    return any(repository in content for content in _pipelines(stock))


@lru_cache(maxsize=8)
def _pipelines(stock: Inventory) -> list[str]:
    return [
        file.text
        for file in stock.files.values()
        if file.name.startswith("skaffold") or ("set image" in file.text and not file.name.endswith(".md"))
    ]
