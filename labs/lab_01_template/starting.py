"""Whether the shop's pods start, and what keeps them from it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from lab_helpers import CheckContext, CheckFailed, Unsettled
from lab_helpers.kube.diagnose import explain_pod, waiting_reasons
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe import rollout
from lab_helpers.observe.timeline import phase_of
from lab_helpers.workbook.course import mistakes
from lab_helpers.workbook.learner import manifests
from labs.lab_01_template.shop import NAMESPACE, log, pods, restarts

__all__ = ["expect_no_trouble", "expect_single", "running"]

_PULL_FAILED = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName"}
_SOURCES = (
    ("configMap", "name", "configmap"),
    ("secret", "secretName", "secret"),
    ("persistentVolumeClaim", "claimName", "persistentvolumeclaim"),
)


def expect_single(item: Object) -> None:
    """Make sure that a Deployment asks for one pod, as its Compose service had one container.

    Raises:
        CheckFailed: It asks for more, or for none.
    """
    name, replicas = item["metadata"]["name"], item["spec"].get("replicas", 1)
    if replicas != 1:
        raise CheckFailed(
            _("one replica of {name}, as in Compose").format(name=name),
            seen=f"{replicas}",
            hint=_(
                "`replicas:` says how many pods there are to be. Two workers would collect everything twice, and two "
                "databases on one claim would write over each other; with none, nothing runs."
            ),
            next_step=f"kubectl -n {NAMESPACE} scale deployment/{name} --replicas=1",
        )


def running(lab: CheckContext, name: str) -> list[Object]:
    """The pods of a Deployment, once all of them are Ready and up to date.

    Raises:
        CheckFailed: One cannot start, for a reason that time does not heal.
        Unsettled: They are on their way.
    """
    for pod in pods(lab, name):
        expect_no_trouble(lab, pod)
    status = rollout.status(lab.client, name, NAMESPACE)
    ready = [pod for pod in pods(lab, name) if phase_of(pod) == "ready"]
    if not status.is_complete or len(ready) != status.replicas:
        waiting = [pod for pod in pods(lab, name) if phase_of(pod) != "ready"]
        raise Unsettled(
            _("every pod of {name} Ready").format(name=name),
            seen=_explained(lab, waiting[0]) if waiting else status.message,
            hint=_("A pod is Ready once its readiness probe is answered; until then nobody is sent to it."),
            next_step=f"kubectl -n {NAMESPACE} describe pods -l app={name}",
        )
    return ready


def expect_no_trouble(lab: CheckContext, pod: Object) -> None:
    """Tell the troubles that time does not heal from a pod that is still on its way.

    Raises:
        CheckFailed: The pod has one.
    """
    reasons = waiting_reasons(pod)
    name = pod["metadata"]["name"]
    observed, next_step = "", f"kubectl -n {NAMESPACE} events --for pod/{name}"
    if reasons & _PULL_FAILED:
        hint, next_step = mistakes.without_pull_secret(lab.client, "ghcr-secret", NAMESPACE) or (
            _("Which image was asked for, and was that tag ever pushed?"),
            next_step,
        )
    elif missing := _missing_volume(lab, pod):
        observed = missing
        hint = _("A volume of the pod names it, and it waits until it is there: names count to the letter.")
        next_step = f"kubectl -n {NAMESPACE} get configmap,secret,pvc"
    elif "CreateContainerConfigError" in reasons:
        hint = _unquoted(lab.workspace) or _(
            "The pod names a ConfigMap or a Secret, or a key in one, that is not there. It waits, and starts by itself "
            "once it is: names count to the letter."
        )
    elif restarts(pod) and phase_of(pod) != "ready":
        hint, observed = _why_ended(log(lab, pod)), _("it ends again and again")
        next_step = f"kubectl -n {NAMESPACE} logs {name} --previous"
        if not hint:
            return
    else:
        return
    raise CheckFailed(
        _("every pod to start"), seen=f"{name}: {observed or _explained(lab, pod)}", hint=hint, next_step=next_step
    )


def _missing_volume(lab: CheckContext, pod: Object) -> str:
    """What a volume of a pod is to be made of and is not there; empty where all is."""
    for volume in pod["spec"].get("volumes", []):
        for source, key, kind in _SOURCES:
            name = volume.get(source, {}).get(key)
            if name and lab.client.get(kind, name, NAMESPACE) is None:
                return _("there is no {kind} {name} in {namespace}").format(kind=kind, name=name, namespace=NAMESPACE)
    return ""


def _unquoted(workspace: Path) -> str:
    """Which value of a ConfigMap among the learner's manifests YAML takes for a number; empty where none is."""
    for file in sorted(workspace.glob("*.yaml")):
        manifests.read(workspace, file.name)
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if not isinstance(document, dict) or document.get("kind") != "ConfigMap":
                continue
            for key, value in (document.get("data") or {}).items():
                if not isinstance(value, str):
                    return _(
                        "`{key}` in {file} is no text to whoever reads YAML, and a ConfigMap takes text only: the API "
                        "server refused it. Such a value stands between quotes."
                    ).format(key=key, file=file.name)
    return ""


def _why_ended(lines: str) -> str:
    """Why a container ended, told from its last words; empty where they tell nothing that is known."""
    unexpanded = re.search(r"\$\{?(?P<name>[A-Z_]+)\}?", lines)
    if unexpanded:
        return _(
            "Its log says `{text}`, to the letter: nobody has filled in the variable. Compose does that, and a shell; "
            "here no shell is between the manifest and the program. Kubernetes fills in `$({name})`, with round "
            "brackets, from the variables of the container."
        ).format(text=unexpanded[0], name=unexpanded["name"])
    for line in reversed(lines.splitlines()):
        if re.search(r"is not set|is required|required|invalid|FATAL|cannot", line):
            return _("Its last words: `{line}`").format(line=line.strip()[:200])
    return ""


def _explained(lab: CheckContext, pod: Object) -> str:
    return explain_pod(pod, lab.client.events(NAMESPACE, f"pod/{pod['metadata']['name']}"))
