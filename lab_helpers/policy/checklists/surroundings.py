"""What a Deploy repository has beside its manifests: sealed secrets, monitoring, scripts that deploy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.policy.checklists.checklist import Point, State
from lab_helpers.policy.checklists.deploy_repository import DeployRepository, place_of
from lab_helpers.policy.checklists.evidence import Place, code_of, search
from lab_helpers.policy.files import File
from lab_helpers.policy.manifests import reading
from lab_helpers.policy.manifests.nodes import Map, dig, mappings, strings, text
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.manifests.references import references

__all__ = ["monitoring", "scripts", "secrets"]

# What a controller encrypted is a session key of RSA and a text of AES: never shorter.
_SEALED = re.compile(r"[A-Za-z0-9+/]{300,}={0,2}")
_STORES = ("ExternalSecret", "VaultStaticSecret", "OnePasswordItem")
_VALUES = re.compile(r"(?:^|/)[^/]*values[^/]*\.ya?ml$")
# Keys at the top of the values of kube-prometheus-stack that no other chart has together.
_OF_STACK = ("prometheus", "alertmanager", "grafana", "prometheusOperator", "kube-state-metrics", "defaultRules")
_SHELL = re.compile(r"\.(?:sh|bash|ps1)$")
_DEPLOYS = re.compile(r"\bkubectl\b.*\bapply\b|\bhelm\b.*\bupgrade\b|\bkubectl\b.*\breplace\b")
_WAITS = re.compile(r"\brollout status\b|\bkubectl\b.*\bwait\b|\bhelm\b.*--wait\b|/health\b|/ready\b")
_GOES_BACK = re.compile(r"\brollout undo\b|\bhelm rollback\b|--atomic\b|--rollback-on-failure\b|\bgit\b.*\brevert\b")
# What a script only says, or tries.
_SAYS = re.compile(r"^\s*(?:echo|printf|Write-(?:Host|Output))\b|--dry-run\b")


def secrets(subject: DeployRepository) -> Iterator[Point]:
    """Whether each Secret that pods read lies in Git, encrypted."""
    yield subject.unbroken(
        _("no credential lies in plain text"),
        subject.of_kind("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"),
        ("secret-plain", "deploy-secret", "secret-in-configmap", "secret-in-env", "secret-in-values"),
        _("write the manifests first"),
    )
    sealed = _sealed(subject)
    used = {
        (reference.name, manifest.namespace): manifest
        for manifest in subject.of_kind("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job")
        for reference in references(manifest)
        if reference.kind == "Secret" and reference.use in ("env", "volume")
    }
    for (name, namespace), manifest in sorted(used.items()):
        place = sealed.get((name, namespace)) or sealed.get((name, ""))
        statement = _("Secret {name} of {namespace} lies in Git, sealed").format(name=name, namespace=namespace)
        step = _("seal it: kubeseal --format yaml, or sops --encrypt, into _shared/secrets/sealed/")
        yield Point(statement, State.TICKED, place) if place else Point(statement, State.OPEN, place_of(manifest), step)


def _sealed(subject: DeployRepository) -> dict[tuple[str, str], Place]:
    """The Secrets that something encrypted makes, by name and namespace, each with its place."""
    places: dict[tuple[str, str], Place] = {}
    for file in subject.stock.files.values():
        if file.suffix in (".yaml", ".yml", ".json"):
            for content in reading.manifests(file.path, file.text)[0]:
                manifest = Manifest(content)
                if _is_encrypted(manifest):
                    names = {manifest.name, *_targets(manifest)} - {""}
                    places |= {(name, manifest.namespace): place_of(manifest) for name in names}
    return places


def _targets(manifest: Manifest) -> Iterator[str]:
    spec = manifest.content.get("spec")
    yield text(dig(spec, "template", "metadata", "name"))
    yield text(dig(spec, "target", "name"))
    yield text(dig(spec, "destination", "name"))


def _is_encrypted(manifest: Manifest) -> bool:
    if manifest.kind == "SealedSecret":
        values = strings(dig(manifest.content, "spec", "encryptedData"))
        return bool(values) and all(map(_SEALED.fullmatch, values.values()))
    if manifest.kind == "Secret":
        values = strings(manifest.content.get("stringData")) | strings(manifest.content.get("data"))
        is_whole = bool(text(dig(manifest.content, "sops", "mac")))
        return is_whole and bool(values) and all(value.startswith("ENC[") for value in values.values())
    return manifest.kind in _STORES


def monitoring(subject: DeployRepository) -> Iterator[Point]:
    """Whether Prometheus is set up, watches what serves, and has rules."""
    yield Point.of(
        _("values for kube-prometheus-stack are there"),
        _values_of_stack(subject),
        _("write _shared/monitoring/values.yaml: prometheus:, alertmanager:, grafana:"),
    )
    watching = [each for each in subject.stock.manifests if each.kind in ("ServiceMonitor", "PodMonitor")]
    yield subject.unbroken(
        _("monitors select what serves, at a port that it has"),
        watching,
        ("monitor-selector", "monitor-port", "monitor-label"),
        _("write a ServiceMonitor for each application in _shared/monitoring/"),
    )
    rules = [each for each in subject.stock.manifests if each.kind == "PrometheusRule"]
    step = _("write a PrometheusRule: what is wrong, and for how long")
    yield Point.of(_("there are rules that alert"), next(filter(None, map(_alert, rules)), None), step)


def _values_of_stack(subject: DeployRepository) -> Place | None:
    for file in subject.stock.files.values():
        content = reading.mapping(file.path, file.text) if _VALUES.search(file.path) else None
        if content is not None and sum(isinstance(content.get(key), Map) for key in _OF_STACK) > 1:
            return Place(file.path, 1, ", ".join(key for key in _OF_STACK if key in content))
    return None


def _alert(rule: Manifest) -> Place | None:
    for group in mappings(dig(rule.content, "spec", "groups")):
        for entry in mappings(group.get("rules")):
            if text(entry.get("alert")) and text(entry.get("expr")):
                return Place(*entry.at("alert"), text(entry["alert"]))
    return None


def scripts(subject: DeployRepository) -> Iterator[Point]:
    """Whether a script deploys, waits for what it deployed, and goes back where that fails."""
    shell = [code_of(file) for file in subject.stock.files.values() if _SHELL.search(file.name)]
    deploying = [file for file in shell if search([file], _DEPLOYS, without=_SAYS)]
    step = _("write _shared/scripts/deploy/k8s-deploy.sh, as the template has it")
    yield Point.of(_("a script deploys an overlay"), search(deploying, _DEPLOYS, without=_SAYS), step)
    yield Point.of(_("a script waits for the rollout, and asks for health"), search(shell, _WAITS, without=_SAYS), step)
    yield Point.of(
        _("a script that deploys goes back where that fails"), search(deploying, _GOES_BACK, without=_SAYS), step
    )
    yield _executable(subject, [*deploying, *(file for file in shell if "/deploy/" in f"/{file.path}")])


def _executable(subject: DeployRepository, files: list[File]) -> Point:
    statement = _("they can be started")
    for file in files:
        if not (subject.root / file.path).stat().st_mode & 0o100:
            step = f"chmod +x {file.path} && git update-index --chmod=+x {file.path}"
            return Point(statement, State.OPEN, Place(file.path), step)
    return Point.of(statement, Place(files[0].path) if files else None, _("write one"))
