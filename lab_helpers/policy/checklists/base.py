"""What a Deploy repository's base and overlays hold: each box is ticked by what the overlays apply in the end."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.policy.checklists.checklist import Point, State
from lab_helpers.policy.checklists.deploy_repository import DeployRepository, place_of
from lab_helpers.policy.checklists.documents import own_repository
from lab_helpers.policy.checklists.evidence import Place
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.nodes import Items, Map, Origin
from lab_helpers.policy.manifests.objects import LONG_RUNNING
from lab_helpers.policy.manifests.references import references

__all__ = ["claims", "configmaps", "deployments", "kustomization", "namespaces", "production", "repository", "services"]

_WORKLOADS = (*LONG_RUNNING, "Job", "CronJob")
_APPS = ("deploy-build", "deploy-dependencies", "deploy-dockerfile", "deploy-source")


def repository(subject: DeployRepository) -> Iterator[Point]:
    """Whether it is a repository of its own that deploys, and makes nothing."""
    yield own_repository(subject.root)
    yield subject.unbroken(
        _("it deploys, and builds nothing"),
        subject.of_kind(*_WORKLOADS),
        _APPS,
        _("write the manifests in k8s/base/ and k8s/overlays/, as the template's infra/ has them"),
    )


def namespaces(subject: DeployRepository) -> Iterator[Point]:
    """Whether each namespace that something is applied to is one of the objects."""
    defined = {manifest.name: manifest for manifest in subject.of_kind("Namespace")}
    used = {manifest.namespace: manifest for overlay in subject.overlays for manifest in overlay.manifests}
    used.pop("", None)
    statement = _("every namespace that something is applied to is defined")
    for name in sorted(used.keys() - defined.keys()):
        step = _("write k8s/base/namespaces/{name}.yaml, and list it").format(name=name)
        yield Point(statement, State.OPEN, place_of(used[name]), step)
    if used.keys() <= defined.keys():
        place = next((place_of(defined[name]) for name in sorted(used)), None)
        yield Point.of(statement, place, _("write k8s/base/namespaces/NAME.yaml, and name it in every object"))
    rules = ("namespace-missing",)
    yield subject.unbroken(_("every object names its namespace"), defined.values(), rules, _("define a namespace"))


def deployments(subject: DeployRepository) -> Iterator[Point]:
    """Whether workloads have immutable images, resources and probes."""
    workloads = subject.of_kind(*LONG_RUNNING)
    none = _("write k8s/base/deployments/NAME.yaml")
    for statement, rules in (
        (_("each image is one for good"), ("image-latest", "image-moving", "image-untagged", "image-unversioned")),
        (_("each container says what it needs and what it may use"), ("container-resources",)),
        (_("what serves has readiness and liveness probes"), ("container-probes",)),
    ):
        yield subject.unbroken(statement, workloads, rules, none)


def services(subject: DeployRepository) -> Iterator[Point]:
    """Whether each Service leads to pods, at a port that they have."""
    yield subject.unbroken(
        _("each Service leads to a port of pods"),
        subject.of_kind("Service"),
        ("service-selector", "service-port"),
        _("write k8s/base/services/NAME.yaml"),
    )


def configmaps(subject: DeployRepository) -> Iterator[Point]:
    """Whether settings lie in ConfigMaps which pods read, and no credential among them."""
    names = {reference.name for each in subject.of_kind(*_WORKLOADS) for reference in references(each)}
    read = [each for each in subject.of_kind("ConfigMap") if not names.isdisjoint(each.names)]
    yield subject.unbroken(
        _("settings lie in ConfigMaps that pods read, and no credential does"),
        read,
        ("configmap-undefined", "secret-in-configmap", "secret-in-env"),
        _("write k8s/base/configmaps/NAME.yaml, and name it in envFrom"),
    )


def claims(subject: DeployRepository) -> Iterator[Point]:
    """Whether data lies on claims that pods mount."""
    names = {reference.name for each in subject.of_kind(*_WORKLOADS) for reference in references(each)}
    mounted = [each for each in subject.of_kind("PersistentVolumeClaim") if not names.isdisjoint(each.names)]
    yield subject.unbroken(
        _("data lies on claims that pods mount, called {app}-{purpose}-pvc"),
        mounted,
        ("claim-name", "claim-undefined"),
        _("write k8s/base/pvc/APP-PURPOSE-pvc.yaml and mount it; whether an application has data cannot be told"),
    )


def kustomization(subject: DeployRepository) -> Iterator[Point]:
    """Whether overlays stand on a base, and every file is named by a kustomization that can be built."""
    yield Point.of(
        _("overlays stand on a base"),
        next(iter(subject.bases.values()), None),
        _("write k8s/base/kustomization.yaml, and name ../../base in the overlays"),
    )
    yield subject.unbroken(
        _("all that is written is listed, and can be built"),
        (manifest for overlay in subject.overlays for manifest in overlay.manifests),
        ("kustomize-resource", "kustomize-unlisted", "kustomize-patch", "kustomize-image", "manifest-unreadable"),
        _("write k8s/base/kustomization.yaml"),
    )


def production(subject: DeployRepository) -> Iterator[Point]:
    """Whether there is an overlay for production, and it changes something of its base."""
    overlay = next((each for each in subject.overlays if "production" in each.directory.split("/")), None)
    place = Place(overlay.kustomization.file) if overlay and overlay.kustomization else None
    step = _("write k8s/overlays/production/kustomization.yaml upon ../../base")
    yield Point.of(_("there is an overlay for production"), place, step)
    yield Point.of(
        _("it says what differs there: a tag, replicas, sizes"),
        _delta(overlay) if overlay else None,
        _("name the tag under images:, and patch what is another in production"),
    )


def _delta(overlay: Deployment) -> Place | None:
    """The first value of an object from elsewhere that is written in the overlay's directory; a label is no delta."""
    own = f"{overlay.directory}/"
    for manifest in overlay.manifests:
        if manifest.kind != "Namespace" and not manifest.origin.file.startswith(own):
            for origin in _origins(manifest.content):
                if origin.file.startswith(own):
                    return Place(origin.file, origin.line, manifest.reference)
    return None


def _origins(value: object) -> Iterator[Origin]:
    """Where the values of an object are written, at any depth."""
    if isinstance(value, Map | Items):
        yield from value.origins.values() if isinstance(value, Map) else value.origins
        for item in value.values() if isinstance(value, Map) else value:
            yield from _origins(item)
