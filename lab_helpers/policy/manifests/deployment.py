"""Objects that are applied together, and what rules ask about them as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from lab_helpers.policy.files import parents
from lab_helpers.policy.manifests.build import Gap
from lab_helpers.policy.manifests.environments import Environment
from lab_helpers.policy.manifests.kustomization import Kustomization
from lab_helpers.policy.manifests.nodes import Items, dig, mappings, strings
from lab_helpers.policy.manifests.objects import LONG_RUNNING, Manifest, is_builtin
from lab_helpers.policy.words import words

__all__ = ["Deployment"]

# Kinds of custom resources that make no pods of their own; any other may.
_WITHOUT_PODS = words(
    """AppProject Authorization AuthorizationPolicy BackendTLSPolicy Bucket Certificate CertificateRequest
    CiliumNetworkPolicy ClusterExternalSecret ClusterIssuer ClusterPolicy ClusterSecretStore DestinationRule
    EnvoyFilter ExternalSecret GRPCRoute Gateway GatewayClass GitRepository GrafanaDashboard HTTPProxy HTTPRoute
    HelmRepository HealthCheckPolicy ImagePolicy ImageRepository ImageUpdateAutomation IngressRoute IngressRouteTCP
    IngressRouteUDP IPAddressPool Issuer KafkaTopic KafkaUser Kustomization L2Advertisement Middleware MiddlewareTCP
    OCIRepository PeerAuthentication PodMonitor Policy PolicyException Probe PrometheusRule ReferenceGrant
    RequestAuthentication ScaledObject SealedSecret SecretProviderClass SecretStore ServersTransport ServiceEntry
    ServiceMonitor ServiceProfile Sidecar TLSOption TCPRoute Telemetry TraefikService TriggerAuthentication UDPRoute
    VerticalPodAutoscaler VirtualService VolumeSnapshot VolumeSnapshotClass"""
)


@dataclass(eq=False)
class Deployment:
    """Objects that are applied together.

    Attributes:
        directory: The root kustomization's, or what the paths of plain files have in common.
        environment: What it is for.
        manifests: The objects.
        gaps: What of it is unknown.
        kustomization: The root; None of plain files.
        charts: The directories of the repository's charts.
        is_listed: Whether it is applied at all; not so of files beside a kustomization that does not name them.
        has_namespace: Whether somebody else chooses the namespace of what names none.
    """

    directory: str
    environment: Environment
    manifests: list[Manifest]
    gaps: list[Gap] = field(default_factory=list)
    kustomization: Kustomization | None = None
    charts: frozenset[str] = frozenset()
    is_listed: bool = True
    has_namespace: bool = False

    @cached_property
    def makers(self) -> list[Manifest]:
        """The objects that make pods which are not written here: releases of charts, resources of operators."""
        return [each for each in self.manifests if not is_builtin(each.api_version) and each.kind not in _WITHOUT_PODS]

    def of_kind(self, *kinds: str) -> Iterator[Manifest]:
        """The objects of some kinds of Kubernetes' own."""
        return (each for kind in kinds for each in self._by_kind.get(kind, ()))

    @cached_property
    def _by_kind(self) -> dict[str, list[Manifest]]:
        by_kind: dict[str, list[Manifest]] = {}
        for manifest in self.manifests:
            if is_builtin(manifest.api_version):
                by_kind.setdefault(manifest.kind, []).append(manifest)
        return by_kind

    def may_make(self, *kinds: str) -> bool:
        """Whether an account of the deployment may create objects of these kinds: it is an operator's."""
        return not self._creatable.isdisjoint({"*", *(f"{kind.lower()}s" for kind in kinds)})

    @cached_property
    def _creatable(self) -> set[str]:
        """The resources that Roles of the deployment let somebody create."""
        rules = [rule for role in self.of_kind("Role", "ClusterRole") for rule in mappings(role.content.get("rules"))]
        verbs_and_resources = [(_texts(rule.get("verbs")), _texts(rule.get("resources"))) for rule in rules]
        return {resource for verbs, names in verbs_and_resources if verbs & {"create", "*"} for resource in names}

    @cached_property
    def workload_names(self) -> frozenset[str]:
        """What its long-running workloads are called."""
        return frozenset(manifest.name for manifest in self.manifests if manifest.kind in LONG_RUNNING)

    @cached_property
    def services_by_label(self) -> dict[tuple[str, str], list[Manifest]]:
        """The Services by the first label of their selector."""
        by_label: dict[tuple[str, str], list[Manifest]] = {}
        for service in self.of_kind("Service"):
            for label in list(strings(dig(service.content, "spec", "selector")).items())[:1]:
                by_label.setdefault(label, []).append(service)
        return by_label

    def makers_near(self, manifest: Manifest) -> bool:
        """Whether pods that are not written here may be made beside an object."""
        if self.kustomization is not None:
            return bool(self.makers)
        directory = manifest.origin.file.rpartition("/")[0]
        return not self._directories_of_makers.isdisjoint((directory, directory.rpartition("/")[0]))

    @cached_property
    def _directories_of_makers(self) -> set[str]:
        """The directories that makers of pods lie in, charts among them, with all above them but the uppermost."""
        files = [*(maker.origin.file for maker in self.makers), *(f"{chart}/Chart.yaml" for chart in self.charts)]
        return {parent for file in files for parent in parents(file)}


def _texts(value: object) -> set[str]:
    return {item for item in value if isinstance(item, str)} if isinstance(value, Items) else set()
