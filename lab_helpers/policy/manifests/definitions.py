"""What is defined in a repository, by whichever of the many ways: as an object, sealed, generated, by an operator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.nodes import Items, Map, dig, text
from lab_helpers.policy.manifests.objects import Manifest, is_builtin
from lab_helpers.policy.manifests.references import Reference

__all__ = ["Definitions", "definitions"]

# What a cluster, or what is commonly installed on one, makes by itself.
_MADE_BY_CLUSTERS = re.compile(
    r"kube-root-ca\.crt|istio-ca-root-cert|openshift-service-ca\.crt|extension-apiserver-authentication|cluster-info|"
    r"coredns|kube-proxy|kubeadm-config|aws-auth|.*-token-\w{5}|linkerd-identity-trust-roots"
)
# What only describes others, or makes nothing but the Secret of its own name.
_MAKES_NO_MORE = {"AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "SealedSecret", "ServiceMonitor"}
_COPIED = ("reflector", "replicator", "kubed", "replicate", "trust.cert-manager")


class Definitions:
    """The names that a repository defines.

    Args:
        stock: What the repository deploys.
    """

    def __init__(self, stock: Inventory) -> None:
        self._stock = stock
        self._namespaces: dict[tuple[str, str], set[str]] = {}
        self._texts: set[str] = set()
        self._makers: set[str] = set()
        self._namespaces_of_charts: set[str] = set()
        for manifest in stock.manifests:
            if manifest.kind in ("HelmRelease", "HelmChart"):
                self._namespaces_of_charts.add(manifest.namespace)
            elif manifest.kind == "Application":
                self._namespaces_of_charts.add(text(dig(manifest.content, "spec", "destination", "namespace")))
        for manifest in stock.manifests:
            for kind, name in _defined(manifest):
                self._namespaces.setdefault((kind, name), set()).add("" if _is_copied(manifest) else manifest.namespace)
            if not is_builtin(manifest.api_version) and manifest.kind not in _MAKES_NO_MORE:
                self._texts.update(_texts(manifest.content))
                self._makers.update(manifest.names)

    def has(self, deployment: Deployment, manifest: Manifest, reference: Reference) -> bool:
        """Whether what an object names is, or may be, defined: when in doubt, it is."""
        name = reference.name
        namespaces = self._namespaces.get((reference.kind, name), set())
        if "" in namespaces or manifest.namespace in namespaces or (namespaces and not manifest.namespace):
            return True
        if namespaces:
            return self._stock.documents("create", "secret", name, manifest.namespace)
        return (
            bool(deployment.gaps)
            or any(mark in name for mark in ("$", "{{"))
            or _MADE_BY_CLUSTERS.fullmatch(name) is not None
            or name in self._texts
            or deployment.may_make(reference.kind)
            or (manifest.namespace != "" and manifest.namespace in self._namespaces_of_charts)
            or any(name.startswith(f"{maker}-") or name == maker for maker in self._makers if maker)
            or self._is_of_a_set(reference)
            or name in self._stock.documented
        )

    def elsewhere(self, reference: Reference) -> set[str]:
        """The namespaces in which it is defined; empty where it is in none."""
        return self._namespaces.get((reference.kind, reference.name), set())

    def _is_of_a_set(self, reference: Reference) -> bool:
        """Whether a claim is one that a StatefulSet makes from its template."""
        return reference.kind == "PersistentVolumeClaim" and any(
            re.fullmatch(rf"{re.escape(template)}-{re.escape(manifest.name)}-\d+", reference.name)
            for manifest in self._stock.manifests
            if manifest.kind == "StatefulSet"
            for template in _claim_templates(manifest)
        )


@lru_cache(maxsize=8)
def definitions(stock: Inventory) -> Definitions:
    """What a repository defines; computed once."""
    return Definitions(stock)


def _defined(manifest: Manifest) -> Iterator[tuple[str, str]]:
    spec = manifest.content.get("spec")
    for name in manifest.names:
        yield manifest.kind, name
        if manifest.kind in ("SealedSecret", "ExternalSecret", "SopsSecret", "OnePasswordItem", "VaultSecret"):
            yield "Secret", name
    for keys in (("template", "metadata", "name"), ("target", "name"), ("secretName",), ("destination", "name")):
        name = text(dig(spec, *keys))
        if name and manifest.kind not in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield "Secret", name


def _claim_templates(manifest: Manifest) -> Iterator[str]:
    templates = dig(manifest.content, "spec", "volumeClaimTemplates")
    for template in templates if isinstance(templates, Items) else ():
        yield text(dig(template, "metadata", "name"))


def _is_copied(manifest: Manifest) -> bool:
    return any(mark in key for key in manifest.annotations for mark in _COPIED)


def _texts(content: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(content, str):
        yield content
    elif isinstance(content, Map):
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, Items):
        for item in content:
            yield from _texts(item)
