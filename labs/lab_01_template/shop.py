"""What can be seen of the shop in its namespace: Deployments, pods, Services. Each look is one look."""

from __future__ import annotations

import re
from pathlib import Path

from lab_helpers import CheckContext, CheckFailed, LabError
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe import rollout
from lab_helpers.observe.timeline import phase_of
from lab_helpers.workbook.learner import manifests

__all__ = [
    "NAMESPACE",
    "claims",
    "container",
    "deployment",
    "log",
    "mounts",
    "pods",
    "restarts",
    "volume_at",
]

NAMESPACE = "lab-01"

_COMPOSE_WORD = re.compile(r"\s*-?\s*(?P<word>depends_on|env_file|healthcheck|networks|restart|expose)\s*:")
_LOG_LINES = 20


def deployment(lab: CheckContext, name: str) -> Object:
    """A Deployment of the shop.

    Raises:
        CheckFailed: There is none; says what kept it from being applied.
    """
    item = lab.client.get("deployment", name, NAMESPACE)
    if item is None:
        file = f"{name}.yaml"
        if (lab.workspace / file).exists():
            manifests.read(lab.workspace, file)
            _expect_no_compose_word(lab.workspace / file)
        raise CheckFailed(
            _("deployment/{name} in namespace {namespace}").format(name=name, namespace=NAMESPACE),
            seen=_("none"),
            hint=_why_missing(lab, name),
            next_step=f"kubectl apply -f {file}",
        )
    return item


def _why_missing(lab: CheckContext, name: str) -> str:
    elsewhere = [item for item in lab.client.list("deployment") if item["metadata"]["name"] == name]
    if any(item["metadata"]["namespace"] == "default" for item in elsewhere):
        return _(
            "There is one in namespace default: without `namespace: {namespace}` below `metadata:` an object lands "
            "there."
        ).format(namespace=NAMESPACE)
    return _("What was asked for is there; this was not asked for yet, or the apply refused it.")


def _expect_no_compose_word(file: Path) -> None:
    """Make sure that no key of a Compose file stands in a manifest, which the API server refuses."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        match = _COMPOSE_WORD.match(line)
        if match is None:
            continue
        hint = _(
            "`{word}` is a word of Compose. The API server knows no such field and refuses the whole file: `unknown "
            "field`. What it says there has another place here, or none."
        )
        if match["word"] == "depends_on":
            hint = _(
                "`{word}` is a word of Compose. The API server knows no such field and refuses the whole file: "
                "`unknown field`. Nothing here orders starts: whoever needs a database waits for it, and says so at "
                "/ready."
            )
        raise CheckFailed(
            _("only fields that Kubernetes knows in {file}").format(file=file.name),
            seen=_("{file}, line {line}: {text}").format(file=file.name, line=number, text=f"`{line.strip()}`"),
            hint=hint.format(word=match["word"]),
            next_step=f"kubectl apply --dry-run=server -f {file.name}",
        )


def pods(lab: CheckContext, name: str) -> list[Object]:
    """The pods of a Deployment, without those on their way out."""
    selector = rollout.pods_selector(deployment(lab, name))
    items = lab.client.list("pod", NAMESPACE, selector)
    return [pod for pod in items if phase_of(pod) != "terminating"]


def log(lab: CheckContext, pod: Object) -> str:
    """The last lines of a pod's first container, of the run that ended where it ended."""
    name, first = pod["metadata"]["name"], pod["spec"]["containers"][0]["name"]
    for previous in (True, False):
        try:
            lines = lab.client.logs(name, NAMESPACE, tail=_LOG_LINES, previous=previous, container=first)
        except LabError:  # it has not ended yet, or not begun
            continue
        if lines.strip():
            return lines
    return ""


def container(item: Object) -> Object:
    """The first container of a Deployment's pods."""
    first: Object = item["spec"]["template"]["spec"]["containers"][0]
    return first


def restarts(pod: Object) -> int:
    """How often containers of a pod were restarted."""
    return sum(status["restartCount"] for status in pod.get("status", {}).get("containerStatuses", []))


def mounts(item: Object) -> dict[str, str]:
    """The volumes of a Deployment's first container, by the place where they are mounted."""
    return {mount["mountPath"].rstrip("/"): mount["name"] for mount in container(item).get("volumeMounts", [])}


def volume_at(item: Object, place: str) -> str:
    """The kind of the volume mounted at a place, as in ``persistentVolumeClaim``; empty where none is."""
    name = mounts(item).get(place)
    volumes = item["spec"]["template"]["spec"].get("volumes", [])
    return next((kind for volume in volumes if volume["name"] == name for kind in volume if kind != "name"), "")


def claims(item: Object) -> list[str]:
    """The claims among the volumes of a Deployment."""
    volumes = item["spec"]["template"]["spec"].get("volumes", [])
    return [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume]
