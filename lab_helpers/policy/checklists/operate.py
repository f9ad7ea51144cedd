"""The checklist of what keeps running: appendix E's list, ticked by what a cluster, and its Deploy repository, show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import yaml

from lab_helpers.errors import Forbidden, LabError
from lab_helpers.kube.conditions import condition
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.checklists.checklist import Box, Checklist, Point, State
from lab_helpers.policy.checklists.evidence import Place, shortened
from lab_helpers.policy.checklists.live import LiveCluster, Object, at, containers, every, untold

__all__ = ["OPERATE"]

_WORKLOADS = ("deployments", "statefulsets")
_LAST_BACKUP = "backup/last"  # what backup.sh leaves at the namespace kube-system: the name of the last one
_BACKUP = re.compile(r"k3s-(?P<time>\d{8}T\d{6}Z)\.tar(?P<encrypted>\.age)?")
_MAKE_BACKUP = "sudo infra/_shared/scripts/k3s/backup.sh --recipient AGE DIRECTORY"
_MOST_HOURS = 48  # as restore.sh has it
_LOGS = ("/var/log", "/var/log/pods", "/var/log/containers", "/var/lib/docker/containers", "")
_WAY_BACK = re.compile(r"rollout undo|git revert|helm rollback", re.IGNORECASE)


def backup(cluster: LiveCluster) -> Iterator[Point]:
    """Whether a backup was made lately, and nobody but its owner can read it."""
    recent = _("a backup of the last {hours} hours").format(hours=_MOST_HOURS)
    try:
        systems = [item for item in cluster.list("namespaces") if item["metadata"]["name"] == "kube-system"]
    except Forbidden as error:
        yield untold(recent, error)
        return
    names = (item["metadata"].get("annotations", {}).get(_LAST_BACKUP, "") for item in systems)
    last = next((match for name in names if (match := _BACKUP.fullmatch(name))), None)
    place = at(systems[0], f"{_LAST_BACKUP}: {last[0]}") if last else None
    yield Point.of(recent, place if last and _is_recent(last["time"]) else None, _MAKE_BACKUP)
    if last:
        yield Point.of(_("it is encrypted"), place if last["encrypted"] else None, _MAKE_BACKUP)


def way_back(cluster: LiveCluster) -> Iterator[Point]:
    """Whether each Deployment keeps a release to go back to, and the way is written down."""
    deployments = cluster.within("deployments")
    forgetful = [item for item in deployments if item["spec"].get("revisionHistoryLimit", 10) == 0]
    yield every(_("every Deployment keeps earlier revisions"), deployments, forgetful, "deployments")
    statement = _("the Deploy repository says how")
    if cluster.repository is None:
        yield Point(statement, State.OPEN, None, "lab checklist operate PATH")
        return
    for file in sorted(cluster.repository.rglob("*.md")):
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if _WAY_BACK.search(line):
                place = Place(file.relative_to(cluster.repository).as_posix(), number, shortened(line))
                yield Point(statement, State.TICKED, place)
                return
    step = _("write down what to type when a release is bad, in a README or a runbook")
    yield Point(statement, State.OPEN, None, step)


def alerts(cluster: LiveCluster) -> Iterator[Point]:
    """Whether rules watch each namespace, and an Alertmanager leads to somebody."""
    rules = cluster.within("prometheusrules")
    watched = {item["metadata"]["namespace"] for item in rules}
    workloads = cluster.within(*_WORKLOADS)
    unwatched = [item for item in workloads if item["metadata"]["namespace"] not in watched]
    yield every(_("rules of alerts in every namespace that serves"), workloads, unwatched, "prometheusrules")
    mute = [item for item in rules if not all(map(_has_runbook, _alerts_of(item)))]
    yield every(_("every alert says what to do"), rules, mute, "prometheusrules -o yaml")
    yield _receivers(cluster)


def logs(cluster: LiveCluster) -> Iterator[Point]:
    """Whether something on every node reads the logs of all containers."""
    statement = _("a collector on every node reads what containers write")
    try:
        collectors = [item for item in cluster.list("daemonsets") if _reads_logs(item)]
    except Forbidden as error:
        yield untold(statement, error)
        return
    everywhere = [item for item in collectors if _is_everywhere(item)]
    yield Point.of(statement, at(everywhere[0]) if everywhere else None, "lab addon install logs")


def resources(cluster: LiveCluster) -> Iterator[Point]:
    """Whether each container says what it needs, and what it may take."""
    workloads = cluster.within(*_WORKLOADS)
    for key, statement in (
        ("requests", _("every container requests processor time and memory")),
        ("limits", _("every container has a limit of memory")),
    ):
        names = {"cpu", "memory"} if key == "requests" else {"memory"}
        wrong = [item for item in workloads if any(names - _resources(each, key) for each in containers(item))]
        yield every(statement, workloads, wrong, "deployments,statefulsets -o yaml")


def scaling(cluster: LiveCluster) -> Iterator[Point]:
    """Whether each autoscaler can read what it scales by; optional."""
    scalers = cluster.within("horizontalpodautoscalers")
    blind = [item for item in scalers if condition(item, "ScalingActive").get("status") != "True"]
    yield _optional(_("every HorizontalPodAutoscaler reads its metric"), scalers, blind, "horizontalpodautoscalers")


def disruptions(cluster: LiveCluster) -> Iterator[Point]:
    """Whether each budget guards some pods, and lets a node be emptied; optional."""
    budgets = cluster.within("poddisruptionbudgets")
    blocking = [item for item in budgets if item.get("status", {}).get("disruptionsAllowed", 0) < 1]
    statement = _("every PodDisruptionBudget guards pods, and lets one of them go")
    yield _optional(statement, budgets, blocking, "poddisruptionbudgets")


def gitops(cluster: LiveCluster) -> Iterator[Point]:
    """Whether what Git says is what runs; optional."""
    statement = _("every Argo CD Application is synced")
    try:
        applications = cluster.list("applications.argoproj.io")
    except Forbidden as error:
        yield untold(statement, error)
        return
    adrift = [item for item in applications if item.get("status", {}).get("sync", {}).get("status") != "Synced"]
    yield _optional(statement, applications, adrift, "applications.argoproj.io")


def _is_recent(time: str) -> bool:
    then = datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return datetime.now(UTC) - then < timedelta(hours=_MOST_HOURS)


def _receivers(cluster: LiveCluster) -> Point:
    """Whether an Alertmanager that answers has a receiver that sends something somewhere."""
    statement = _("an Alertmanager answers, and has somebody to tell")
    step = _("install kube-prometheus-stack, and give Alertmanager a receiver")
    try:
        services = [item for item in cluster.list("services") if _is_alertmanager(item)]
    except Forbidden as error:
        return untold(statement, error)
    for service in services:
        names = _receiver_names(cluster, service)
        if names:
            return Point(statement, State.TICKED, at(service, ", ".join(names)))
    return Point(statement, State.OPEN, at(services[0]) if services else None, step)


def _receiver_names(cluster: LiveCluster, service: Object) -> list[str]:
    metadata = service["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}:9093/proxy/api/v2/status"
    try:
        # Its own answer has no secret in it: Alertmanager puts <secret> in its place.
        answer = json.loads(cluster.ask("get", "--raw", path) or "{}")
        receivers = yaml.safe_load(answer["config"]["original"])["receivers"] or ()
    except (LabError, ValueError, LookupError, TypeError, yaml.YAMLError):  # what does not answer tells nobody
        return []
    return [str(each["name"]) for each in receivers if any(key.endswith("_configs") and each[key] for key in each)]


def _is_alertmanager(service: Object) -> bool:
    return any(port["port"] == 9093 for port in service["spec"].get("ports", ()))


def _alerts_of(rule: Object) -> Iterator[Object]:
    yield from (each for group in rule["spec"].get("groups", ()) for each in group.get("rules", ()) if "alert" in each)


def _has_runbook(alert: Object) -> bool:
    return bool(alert.get("annotations", {}).get("runbook_url"))


def _reads_logs(daemon_set: Object) -> bool:
    volumes = daemon_set["spec"]["template"]["spec"].get("volumes", ())
    paths = (volume["hostPath"]["path"] for volume in volumes if "hostPath" in volume)
    return any(path.rstrip("/") in _LOGS for path in paths)


def _is_everywhere(daemon_set: Object) -> bool:
    status = daemon_set.get("status", {})
    return bool(status.get("numberReady", 0) == status.get("desiredNumberScheduled", 0) > 0)


def _resources(container: Object, key: str) -> set[str]:
    return set((container.get("resources") or {}).get(key) or ())


def _optional(statement: str, items: list[Object], wrong: list[Object], kind: str) -> Point:
    if not items:
        return Point(_("{what}: optional, and there is none").format(what=statement), State.NOT_NEEDED)
    return every(statement, items, wrong, kind)


OPERATE: Checklist[LiveCluster] = Checklist(
    name="operate",
    title=gettext_noop("Operation (appendix E)"),
    boxes=(
        Box("backup", gettext_noop("A backup, made and renewed"), "1.3", backup),
        Box("way-back", gettext_noop("The way back, written down: kubectl rollout undo"), "5.1", way_back),
        Box("alerts", gettext_noop("Alerts (Alertmanager)"), "5.3", alerts),
        Box("logs", gettext_noop("Logs: from standard output to a collector"), "1.3", logs),
        Box("resources", gettext_noop("Requests and limits"), "4.4", resources),
        Box("scaling", gettext_noop("HorizontalPodAutoscaler (optional)"), "3.4", scaling),
        Box("disruptions", gettext_noop("PodDisruptionBudget (optional)"), "3.4", disruptions),
        Box("gitops", gettext_noop("Argo CD: what Git says is what runs (optional)"), "5.1", gitops),
    ),
)
