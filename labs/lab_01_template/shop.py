"""What can be seen of the shop in its namespace: Deployments, pods, Services. Each look is one look."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from lab_helpers import CheckContext, CheckFailed, LabError, Unsettled
from lab_helpers.kube.diagnose import explain_pod
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe import rollout
from lab_helpers.observe.timeline import phase_of
from lab_helpers.workbook.course import mistakes
from lab_helpers.workbook.learner import manifests

__all__ = [
    "NAMESPACE",
    "claims",
    "container",
    "deployment",
    "expect_no_trouble",
    "expect_service",
    "expect_single",
    "log",
    "mounts",
    "pods",
    "restarts",
    "running",
    "volume_at",
]

NAMESPACE = "lab-01"

_COMPOSE_WORD = re.compile(r"\s*-?\s*(?P<word>depends_on|env_file|healthcheck|networks|restart|expose)\s*:")
_PULL_FAILED = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName"}
_SOURCES = (
    ("configMap", "name", "configmap"),
    ("secret", "secretName", "secret"),
    ("persistentVolumeClaim", "claimName", "persistentvolumeclaim"),
)
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


def pods(lab: CheckContext, name: str) -> list[Object]:
    """The pods of a Deployment, without those on their way out."""
    selector = rollout.pods_selector(deployment(lab, name))
    items = lab.client.list("pod", NAMESPACE, selector)
    return [pod for pod in items if phase_of(pod) != "terminating"]


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


def expect_service(lab: CheckContext, name: str, port: int, published: int) -> Object:
    """Make sure that a Service gives a Deployment's pods a name, on the port that others in the cluster use.

    Args:
        lab: The lab.
        name: That of the Service and its Deployment.
        port: Where others in the cluster look for it.
        published: The other number of that line in the Compose file.

    Raises:
        CheckFailed: There is none, it has another port, or it finds no pod.
    """
    service = lab.client.get("service", name, NAMESPACE)
    if service is None:
        raise CheckFailed(
            _("a Service {name}").format(name=name),
            seen=_("none of that name"),
            hint=_("In Compose the name of a service is its address by itself. Here a Service has the name."),
            next_step=f"kubectl -n {NAMESPACE} get services",
        )
    numbers = [entry["port"] for entry in service["spec"].get("ports", [])]
    if port not in numbers:
        raise CheckFailed(
            _("port {port} of the Service {name}").format(port=port, name=name),
            seen=", ".join(map(str, numbers)) or _("no port"),
            hint=_published(name, port, published) if published in numbers else _("Which port do its users name?"),
            next_step=f"kubectl -n {NAMESPACE} get service {name} -o yaml",
        )
    _expect_endpoints(lab, service, name)
    return service


def _published(name: str, port: int, published: int) -> str:
    return _(
        "{published} is the port that Compose publishes on the server, for whoever comes from outside. Those in the "
        "same network ask {name} for {port}, in Compose as here: what listens decides."
    ).format(published=published, name=name, port=port)


def _expect_endpoints(lab: CheckContext, service: Object, name: str) -> None:
    slices = lab.client.list("endpointslice", NAMESPACE, f"kubernetes.io/service-name={name}")
    targets = {
        endpoint["targetRef"]["name"]
        for each in slices
        for endpoint in each.get("endpoints") or []
        if "targetRef" in endpoint
    }
    strangers = sorted(targets - {pod["metadata"]["name"] for pod in pods(lab, name)})
    if targets and not strangers:
        return
    if len(strangers) == len(targets) and strangers:
        raise CheckFailed(
            _("the pods of {name} behind the Service {name}").format(name=name),
            seen=", ".join(strangers),
            hint=_(
                "The Service sends to pods of another program: its selector names labels which those have. It takes no "
                "notice of its own name. The labels stand below `template:` in the Deployment {name}."
            ).format(name=name),
            next_step=f"kubectl -n {NAMESPACE} get service {name} -o yaml",
        )
    raise Unsettled(
        _("pods behind the Service {name}").format(name=name),
        seen=_("none: its selector is {selector}").format(
            selector=", ".join(f"{key}={value}" for key, value in service["spec"].get("selector", {}).items()) or "-"
        ),
        hint=_(
            "A Service finds its pods by their labels, not by a name: they stand below `template:` in the Deployment."
        ),
        next_step=f"kubectl -n {NAMESPACE} get pods --show-labels",
    )


def expect_no_trouble(lab: CheckContext, pod: Object) -> None:
    """Tell the troubles that time does not heal from a pod that is still on its way.

    Raises:
        CheckFailed: The pod has one.
    """
    statuses = pod.get("status", {}).get("containerStatuses", [])
    reasons = {status.get("state", {}).get("waiting", {}).get("reason", "") for status in statuses}
    name = pod["metadata"]["name"]
    observed, next_step = "", f"kubectl -n {NAMESPACE} events --for pod/{name}"
    if reasons & _PULL_FAILED:
        hint = _("Which image was asked for, and was that tag ever pushed?")
        if lab.client.get("secret", "ghcr-secret", NAMESPACE) is None:
            hint = mistakes.missing_pull_secret(lab.client, "ghcr-secret", NAMESPACE)
            next_step = mistakes.make_pull_secret("ghcr-secret", NAMESPACE)
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
