"""All that a repository deploys: each root kustomization as it is built, and the files that none names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lab_helpers.language import gettext as _
from lab_helpers.policy.files import File
from lab_helpers.policy.kind import is_aside, is_packaged
from lab_helpers.policy.manifests import reading
from lab_helpers.policy.manifests.building import FILES, Builder, Fault, Gap, Kustomization, parents
from lab_helpers.policy.manifests.environments import Environment, environment_of, prefix_of
from lab_helpers.policy.manifests.nodes import Items, Map, dig, mappings, strings, text
from lab_helpers.policy.manifests.objects import LONG_RUNNING, Manifest, is_builtin
from lab_helpers.policy.manifests.transforming import set_namespace
from lab_helpers.policy.repository import Part
from lab_helpers.policy.words import words

__all__ = ["VALUES_FILE", "Deployment", "Inventory", "inventory"]

VALUES_FILE = re.compile(r"(?:^|[-_.])values(?:[-_.][\w.-]*)?\.ya?ml$")
"""What the name of a file with Helm's values looks like."""

_SUFFIXES = (".yaml", ".yml", ".json")
_FLUX = "kustomize.toolkit.fluxcd.io"
_KUSTOMIZE = "kustomize.config.k8s.io"

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


_SET_ASIDE = words("archive archived archives attic backup backups deprecated disabled hack obsolete old unused")


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


@dataclass(eq=False)
class Inventory:
    """What the files of a repository deploy.

    Attributes:
        deployments: Everything that is judged.
        aside: Objects of tests, examples and documentation, which are not judged.
        faults: What is wrong with kustomizations, each once.
        failures: Manifests that cannot be read.
        unlisted: Files beside a kustomization that no kustomization names, each with the object that it holds.
        gaps: What could not be resolved, each once.
        charts: The directories of Helm charts.
        files: All files by path.
    """

    deployments: list[Deployment] = field(default_factory=list)
    aside: list[Manifest] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    failures: list[reading.Failure] = field(default_factory=list)
    unlisted: list[tuple[File, Kustomization]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    charts: frozenset[str] = frozenset()
    files: Mapping[str, File] = field(default_factory=dict)

    @cached_property
    def manifests(self) -> list[Manifest]:
        """Every object of the repository, judged or not."""
        return [*(each for deployment in self.deployments for each in deployment.manifests), *self.aside]

    @cached_property
    def pods_by_label(self) -> dict[tuple[str, str], list[Manifest]]:
        """The objects that make pods, by each label of these."""
        by_label: dict[tuple[str, str], list[Manifest]] = {}
        for manifest in self.manifests:
            for label in manifest.pods.labels.items() if manifest.pods else ():
                by_label.setdefault(label, []).append(manifest)
        return by_label

    @cached_property
    def documented(self) -> set[str]:
        """Every word of pages, scripts and charts' templates, names of files included."""
        return {
            word for file in self.files.values() if not _is_plain_manifest(file) for word in _WORD.findall(file.text)
        }

    @cached_property
    def names(self) -> dict[str, set[str]]:
        """The names of all objects by kind."""
        names: dict[str, set[str]] = {}
        for manifest in self.manifests:
            names.setdefault(manifest.kind, set()).update(manifest.names)
        return names


_WORD = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?")


def _is_plain_manifest(file: File) -> bool:
    if not file.name.endswith(_SUFFIXES) or not ("kind:" in file.text or file.name in FILES):
        return False
    return "/templates/" not in f"/{file.path}" and ".github/" not in file.path


def inventory(part: Part) -> Inventory:
    """What the files of a part of a repository deploy; computed once."""
    return part.derived(_take)


def _take(part: Part) -> Inventory:
    files = {file.path: file for file in part.files}
    builder = Builder(files, _ignored(files), part.root)
    stock = _Taking(builder, files).inventory()
    for gap in stock.gaps:
        part.note(
            gap.origin.file,
            _("line {line}: what {name} adds is not judged").format(line=gap.origin.line, name=gap.name),
        )
    for chart in sorted(stock.charts):
        if any(path.startswith(f"{chart}/templates/".lstrip("/")) for path in files):
            part.note(chart or ".", _("a chart: its values are judged, its templates are not rendered"))
    return stock


def _ignored(files: Mapping[str, File]) -> list[str]:
    lines = [line.strip() for path, file in files.items() if path.endswith(".gitignore") for line in file.lines]
    return [line for line in lines if line and not line.startswith(("#", "!"))]


class _Taking:
    """Takes the inventory of some files."""

    def __init__(self, builder: Builder, files: Mapping[str, File]) -> None:
        self._builder = builder
        self._files = files
        self._charts = frozenset(
            path.rpartition("/")[0] for path in files if path.rpartition("/")[2] in ("Chart.yaml", "Chart.yml")
        )
        # Who has values renders a chart with them, be it of this repository or not.
        self._directories_of_values = frozenset(
            path.rpartition("/")[0] for path in files if VALUES_FILE.search(path.rpartition("/")[2])
        )
        self._namespaces: dict[str, Map] = {}
        self._paths: set[str] = set()
        self._generates_namespaces = False

    def inventory(self) -> Inventory:
        result = Inventory(charts=self._charts, files=self._files)
        candidates = [file for file in self._files.values() if self._is_candidate(file)]
        for file in candidates:
            objects, failures = self._builder.objects(file.path)
            if not _is_aside(file):
                result.failures += failures
            for content in objects:
                self._note_delivery(content)
        used = self._add_roots(result)
        self._add_rest(result, [file for file in candidates if file.path not in used])
        result.failures += self._builder.failures
        result.failures = list(dict.fromkeys(result.failures))
        result.faults = list(dict.fromkeys(result.faults))
        result.gaps = list(dict.fromkeys(result.gaps))
        return result

    def _is_candidate(self, file: File) -> bool:
        """Whether a file may hold objects that are applied as they stand there."""
        if not file.name.endswith(_SUFFIXES) or any(part.startswith(".") for part in file.parts):
            return False
        return not is_packaged(file) and not any(
            file.path.startswith(f"{chart}/" if chart else "")
            and file.path.removeprefix(f"{chart}/" if chart else "").partition("/")[0]
            in ("templates", "crds", "charts", "ci", "tests")
            for chart in self._charts
        )

    def _note_delivery(self, content: Map) -> None:
        """Remember where Flux and Argo CD deliver paths of this repository to."""
        group, kind, spec = text(content["apiVersion"]).rpartition("/")[0], content["kind"], content.get("spec")
        if group == _FLUX and kind == "Kustomization":
            path = _path_of(text(dig(spec, "path")))
            self._paths.add(path)
            if isinstance(spec, Map) and text(spec.get("targetNamespace")):
                self._namespaces[path] = spec
        if group == "argoproj.io" and kind == "ApplicationSet":
            self._generates_namespaces = True
        if group == "argoproj.io" and kind == "Application" and dig(spec, "destination", "namespace"):
            sources = [dig(spec, "source"), *mappings(dig(spec, "sources"))]
            self._paths |= {posixpath.normpath(text(dig(source, "path"))) for source in sources if dig(source, "path")}

    def _add_roots(self, result: Inventory) -> set[str]:
        """Add what root kustomizations deploy; the files that any kustomization names."""
        kustomizations = self._builder.kustomizations
        referenced = {path for each in kustomizations.values() for path in each.references}
        used: set[str] = set()
        for directory, kustomization in kustomizations.items():
            if directory in referenced:
                continue
            build = self._builder.build(directory)
            used |= build.files
            is_judged = not kustomization.is_component and not _is_aside(self._files[kustomization.file])
            if not is_judged:
                result.aside += build.manifests
                continue
            spec = self._namespaces.get(directory)
            if spec is not None:
                set_namespace(build.manifests, spec["targetNamespace"], spec.at("targetNamespace"))
            result.faults += build.faults
            result.gaps += build.gaps
            result.deployments.append(
                Deployment(
                    directory,
                    environment_of(directory),
                    build.manifests,
                    build.gaps,
                    kustomization,
                    has_namespace=self._is_delivered(directory),
                )
            )
        return used

    def _is_delivered(self, directory: str) -> bool:
        """Whether Flux, Argo CD or a chart chooses the namespace of what lies in a directory."""
        paths = {".", directory, *(directory[:end] for end, letter in enumerate(directory) if letter == "/")}
        return self._generates_namespaces or not paths.isdisjoint(self._paths - {"."}) or directory in self._paths

    def _add_rest(self, result: Inventory, files: list[File]) -> None:
        """Add the files that no kustomization names: plain ones, and those that were forgotten."""
        plain: dict[tuple[str, Environment, bool], list[Manifest]] = {}
        for file in files:
            objects = [content for content in self._builder.objects(file.path)[0] if not _is_no_object(content)]
            manifests = list(map(Manifest, objects))
            if file.name in FILES or (not manifests and not _is_patch(file)):
                continue
            if _is_aside(file):
                result.aside += manifests
                continue
            kustomization = self._kustomization_over(file)
            is_known = kustomization is not None and file.name in self._files[kustomization.file].text
            if kustomization is not None and not is_known and not self._is_delivered_file(file):
                result.unlisted.append((file, kustomization))
            if manifests:
                key = (prefix_of(file.path), environment_of(file.path), kustomization is None)
                plain.setdefault(key, []).extend(manifests)
        result.unlisted = [entry for entry in result.unlisted if not _is_a_choice(entry[1], result.unlisted)]
        for (prefix, environment, is_listed), manifests in plain.items():
            has_namespace = self._generates_namespaces or any(
                self._is_delivered_file(self._files[each.origin.file])
                for each in manifests
                if each.origin.file in self._files
            )
            deployment = Deployment(
                prefix,
                environment,
                manifests,
                charts=self._charts | self._directories_of_values,
                is_listed=is_listed,
                has_namespace=has_namespace,
            )
            result.deployments.append(deployment)

    def _kustomization_over(self, file: File) -> Kustomization | None:
        """The kustomization of the directory that a file lies in, or of the nearest one above that has any."""
        directory = file.directory
        while True:
            if directory in self._builder.kustomizations:
                return self._builder.kustomizations[directory]
            if not directory:
                return None
            directory = directory.rpartition("/")[0]

    def _is_delivered_file(self, file: File) -> bool:
        directory = file.directory
        while directory:
            if directory in self._paths:
                return True
            directory = directory.rpartition("/")[0]
        return False


def _path_of(written: str) -> str:
    """The path that Flux delivers; where only its cluster knows a part, the directory above that part."""
    path = re.sub(r"\$\{\w+:?[=-]([^${}]*)\}", r"\1", written)
    return posixpath.normpath(path.partition("${")[0].rpartition("/")[0] if "${" in path else path or ".")


def _texts(value: object) -> set[str]:
    return {item for item in value if isinstance(item, str)} if isinstance(value, Items) else set()


def _is_a_choice(kustomization: Kustomization, unlisted: Sequence[tuple[File, Kustomization]]) -> bool:
    """Whether a kustomization names the lesser part of the files beside it: it chooses, and forgets none."""
    beside = sum(other is kustomization for _file, other in unlisted)
    return beside > 2 and beside >= len(kustomization.references)


def _is_no_object(content: Map) -> bool:
    """Whether something is for kustomize, or for a program that fills it in first."""
    return text(content["apiVersion"]).startswith(_KUSTOMIZE) or "{{" in text(dig(content, "metadata", "name"))


def _is_aside(file: File) -> bool:
    """Whether a file is test, example or documentation, or was set aside by whoever wrote it."""
    parts = file.parts[:-1]
    return is_aside(file) or any(part.strip("_.-") in _SET_ASIDE or "testdata" in part for part in parts)


def _is_patch(file: File) -> bool:
    """Whether a file is a JSON patch, by what it is called and how it begins."""
    return "patch" in file.path.lower() and file.text.lstrip().startswith(("- op:", "- path:", '[{"op"'))
