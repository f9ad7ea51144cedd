"""What can be seen of monitoring: which targets Prometheus has, why one is missing, and which alerts arrived."""

from __future__ import annotations

import time
from collections.abc import Mapping

from lab_helpers import CheckContext, CheckFailed, LabError, Unsettled, wait
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe import dashboards
from lab_helpers.observe.monitoring import NAMESPACE, Monitoring, Notification, Target
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures.picture import Picture, dashboard_picture

__all__ = ["ALERT", "APPLICATIONS", "dashboard", "expect_installed", "expect_targets", "notifications", "targets"]

ALERT = "WrongPrices"
APPLICATIONS = ("prj-01", "prj-02", "prj-04")
"""The applications that have metrics; prj-03 ends before anybody could ask it."""

_DIRECTORY = "infra/_shared/monitoring"
_APPLY = f"kubectl apply -k {_DIRECTORY}"
_RELEASE = {"release": "kube-prometheus-stack"}
_SECONDS = 120.0  # where nobody has told the kubelet to look sooner, it brings a changed configuration each minute
_SHOWN_SECONDS = 180.0


def targets(lab: CheckContext) -> Table:
    """The targets of the applications, once each of them has one that is up.

    Raises:
        WaitTimeout: One has none; the check says why.
    """
    monitoring = Monitoring(lab.client.read)
    wait.until(
        lambda: not _without_target(monitoring.targets()),
        seconds=_SECONDS,
        outcome="become ready",
        object=_("a target of each application"),
        last_event=lambda: _("none yet: {names}").format(names=", ".join(_without_target(monitoring.targets()))),
        every=0.5,
        next_step='lab.check("5.13")',
    )
    rows = [
        [target.labels["job"], target.labels.get("pod", ""), target.url, _state(target)]
        for target in _of_applications(monitoring.targets())
    ]
    return Table([_("application"), _("pod"), _("target"), _("state")], sorted(rows))


def dashboard(lab: CheckContext, name: str) -> Picture:
    """The last minutes of a dashboard, by the ConfigMap that holds it and what Prometheus answers to its queries.

    Raises:
        LabError: There is no such dashboard.
    """
    configmap = lab.client.get("configmap", f"dashboard-{name}", NAMESPACE)
    if configmap is None:
        raise LabError(_("is not there"), object=f"configmap/dashboard-{name}", next_step=_APPLY)
    end = time.time()
    return dashboard_picture(dashboards.read(configmap, Monitoring(lab.client.read), end - _SHOWN_SECONDS, end))


def expect_installed(lab: CheckContext) -> None:
    """Make sure that the add-on is there.

    Raises:
        CheckFailed: It is not.
    """
    if lab.client.get("deployment", "prometheus-operator", NAMESPACE) is None:
        raise CheckFailed(
            _("prometheus-operator in namespace monitoring"),
            seen=_("none"),
            hint=_("ServiceMonitors and rules are its kinds; without it the cluster does not know them."),
            next_step="lab addon install monitoring",
        )


def expect_targets(lab: CheckContext, monitoring: Monitoring) -> list[Target]:
    """The targets of the applications, each of which has one that is up.

    Raises:
        CheckFailed: A ServiceMonitor is missing, or selects nothing.
        Unsettled: A target is not up yet.
    """
    for application in APPLICATIONS:
        _expect_selecting(lab, application)
    known = monitoring.targets()
    for application in _without_target(known):
        errors = [target.error for target in _of_applications(known) if target.labels["namespace"] == application]
        raise Unsettled(
            _("a target of {name} that is up").format(name=application),
            seen=errors[0] if errors and errors[0] else _("none yet"),
            hint=_("A monitor that is new takes some seconds. Are its pods Ready?"),
            next_step=f"kubectl -n {application} get pods,service,servicemonitor",
        )
    return _of_applications(known)


def notifications(lab: CheckContext, monitoring: Monitoring) -> list[Notification]:
    """What arrived of the alert since the learner began, the oldest first."""
    namespace = lab.client.get("namespace", "prj-02")
    began = namespace["metadata"]["creationTimestamp"] if namespace else ""
    return [each for each in monitoring.notifications() if each.name == ALERT and each.time > began]


def _of_applications(known: list[Target]) -> list[Target]:
    return [target for target in known if target.labels.get("namespace") in APPLICATIONS]


def _without_target(known: list[Target]) -> list[str]:
    up = {target.labels["namespace"] for target in _of_applications(known) if target.is_up}
    return [application for application in APPLICATIONS if application not in up]


def _state(target: Target) -> str:
    if target.is_up:
        return _("up")
    return _("down: {error}").format(error=target.error) if target.error else _("not asked yet")


def _expect_selecting(lab: CheckContext, application: str) -> None:
    """Make sure that a monitor is there and finds its Service: where it does not, nothing else says so."""
    monitor = lab.client.get("servicemonitor", application, application)
    if monitor is None:
        raise CheckFailed(
            _("a ServiceMonitor for {name}").format(name=application),
            seen=_("none"),
            hint=_("What is to be watched lies in {directory}, and is applied by itself.").format(directory=_DIRECTORY),
            next_step=_APPLY,
        )
    hint = _why_silent(lab, monitor, application)
    if hint:
        raise CheckFailed(
            _("a target of {name}").format(name=application),
            seen=_("none, and no error anywhere"),
            hint=hint,
            next_step=f"git -C infra diff; {_APPLY}",
        )


def _why_silent(lab: CheckContext, monitor: Object, application: str) -> str:
    """Why Prometheus has no target for a monitor; empty where it should have one."""
    if not _has(monitor["metadata"].get("labels", {}), _RELEASE):
        return _(
            "Prometheus reads only monitors with the label release=kube-prometheus-stack; this one does not have it. "
            "Who selects whom is said by nobody: compare serviceMonitorSelector in `kubectl -n monitoring get "
            "prometheus lab -o yaml`."
        )
    service = lab.client.get("service", application, application)
    if service is None:
        return ""
    selector = monitor["spec"].get("selector", {}).get("matchLabels", {})
    if not _has(service["metadata"].get("labels", {}), selector):
        return _(
            "Its selector {selector} is compared with the labels of the Service, not with those of the pods, and the "
            "Service does not have them: `kubectl -n {name} get service --show-labels`."
        ).format(selector=", ".join(f"{key}={value}" for key, value in selector.items()), name=application)
    ports = {port.get("name", "") for port in service["spec"].get("ports", [])}
    unknown = [str(each.get("port")) for each in monitor["spec"].get("endpoints", []) if each.get("port") not in ports]
    if unknown:
        return _(
            "The Service has no port called {port}: a monitor names the Service's port by its name, which is {ports}."
        ).format(port=unknown[0], ports=", ".join(sorted(ports)))
    return ""


def _has(labels: Mapping[str, str], selection: Mapping[str, str]) -> bool:
    return selection.items() <= labels.items()
