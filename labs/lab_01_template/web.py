"""What proves steps 1.7 and 1.8: the web API answers with its setting, secret and notes, and its limit holds."""

from __future__ import annotations

import json
import re

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.quantities import quantity
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import manifests
from labs.lab_01_template import shop, starting
from labs.lab_01_template.service import expect_service

__all__ = ["answers_as_in_compose", "limit_holds"]

_NAME = "web"
_PORT, _LISTENS = 80, 8080
_REPLICAS = 2
_LIMIT = 128 << 20
_DATA = "/app/data"
_SENSOR = "roof"

# Reads address, method and key from standard input: a key on the command line would be seen by whoever lists processes.
_ASK = """
const [url, method, key] = require("fs").readFileSync(0, "utf8").split("\\n");
const headers = key ? { "x-api-key": key } : {};
const body = method === "PUT" ? "written by the lab" : undefined;
fetch(url, { method, headers, body, signal: AbortSignal.timeout(3000) })
  .then(async (answer) => console.log(answer.status, await answer.text()))
  .catch((error) => console.log(0, error.cause?.code ?? error.name));
"""
_COUNTERS = "cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null || true"


@check("1.7", seconds=60)
def answers_as_in_compose(lab: CheckContext) -> Evidence:
    """The web API runs as its Compose service did: its name, price, key, notes, copies and limit are there."""
    deployment = shop.deployment(lab, _NAME)
    _expect_replicas(deployment)
    pods = starting.running(lab, _NAME)
    expect_service(lab, _NAME, _PORT, _LISTENS)
    price = _expect_price(lab, pods[0])
    sensor = _expect_readings(lab, pods[0])
    _expect_key(lab, pods[0])
    _expect_shared_notes(lab, pods)
    limit = _expect_limit(deployment)
    return Evidence(
        name=f"http://{_NAME}/ → {_LISTENS}",
        database=_("a reading of {sensor}, by way of feed and worker").format(sensor=sensor),
        setting=_("one piece costs {price}").format(price=price),
        secret=_("refused without the key, stored with it"),
        notes=_("one note, the same in {count} pods").format(count=len(pods)),
        limit=limit,
        pods=", ".join(pod["metadata"]["name"] for pod in pods),
    )


@check("1.8", seconds=30)
def limit_holds(lab: CheckContext) -> Evidence:
    """Who asked for more memory than the limit was ended by the kernel, and the shop goes on."""
    limit = shop.container(shop.deployment(lab, _NAME)).get("resources", {}).get("limits", {}).get("memory", "")
    kills = sum(_kills(lab, pod) for pod in shop.pods(lab, _NAME))
    if not kills:
        raise CheckFailed(
            _("a process of {name} ended by the kernel").format(name=_NAME),
            seen=_("none, and its limit is {limit}").format(limit=limit) if limit else _("none, and there is no limit"),
            hint=_(
                "Nobody has asked for more than the limit yet; or the limit is above all that was asked for. Compose's "
                "is 128M."
            )
            if limit
            else _(
                "Without a limit a process gets all that the node has, and the others on it pay. `requests` reserves, "
                "`limits` stops."
            ),
            next_step=_("Run the cell of this step that asks for memory.")
            if limit
            else f"kubectl -n {shop.NAMESPACE} get deployment {_NAME} -o yaml",
        )
    pods = starting.running(lab, _NAME)
    return Evidence(
        ended_by_the_kernel=kills,
        limit=limit,
        still_Ready=", ".join(pod["metadata"]["name"] for pod in pods),
    )


def _kills(lab: CheckContext, pod: Object) -> int:
    """How often the kernel has ended a process of a pod for its memory; counted by cgroups of either version.

    Where the kernel ends all of a container (version 2), the counter begins again, and Kubernetes remembers why.
    """
    first = pod["spec"]["containers"][0]["name"]
    counters = lab.client.exec(pod["metadata"]["name"], ["sh", "-c", _COUNTERS], shop.NAMESPACE, first).stdout
    remembered = [status.get("lastState", {}) for status in pod["status"].get("containerStatuses", [])]
    restarts: int = sum(state.get("terminated", {}).get("reason") == "OOMKilled" for state in remembered)
    return restarts + sum(map(int, re.findall(r"^oom_kill (\d+)$", counters, re.MULTILINE)))


def _expect_replicas(deployment: Object) -> None:
    replicas = deployment["spec"].get("replicas", 1)
    if replicas != _REPLICAS:
        raise CheckFailed(
            _("{count} replicas").format(count=_REPLICAS),
            seen=f"{replicas}",
            hint=_("`deploy.replicas:` of the Compose file is `replicas:` below the first `spec:`."),
            next_step="kubectl apply -f web.yaml",
        )


def _expect_price(lab: CheckContext, pod: Object) -> str:
    status, text = _ask(lab, pod, f"http://{_NAME}/price?quantity=1")
    if status != 200:
        service = lab.client.get("service", _NAME, shop.NAMESPACE) or {"spec": {"ports": [{}]}}
        target = service["spec"]["ports"][0].get("targetPort", "")
        # Endpoints that are ready are not yet in every node's rules.
        failure = Unsettled if not status and str(target) == str(_LISTENS) else CheckFailed
        raise failure(
            _("an answer from http://{name}/price, asked from a pod").format(name=_NAME),
            seen=f"{status or ''} {text}".strip(),
            hint=_(
                "The Service sends to port {target} of the pods, and there nobody listens: the image listens on {port} "
                "(its README says so). `port` is the Service's own number, `targetPort` the container's."
            ).format(target=target, port=_LISTENS)
            if str(target) != str(_LISTENS)
            else _("The Service is in order; what do the pods' logs say?"),
            next_step=f"kubectl -n {shop.NAMESPACE} get service,endpointslices",
        )
    price, expected = float(json.loads(text)["unit"]), str(lab.vary["price"])
    if price != float(expected):
        raise CheckFailed(
            _("one piece for {price}, as $LAB_PRICE says").format(price=expected),
            seen=f"{price:.2f}",
            hint=_(
                "UNIT_PRICE arrived with another value. A pod reads its variables when it starts: after a changed "
                "ConfigMap it needs `kubectl rollout restart`."
            ),
            next_step=f"kubectl -n {shop.NAMESPACE} exec deploy/{_NAME} -- printenv UNIT_PRICE",
        )
    return expected


def _expect_readings(lab: CheckContext, pod: Object) -> str:
    """The sensor of which the web API has a reading, which the worker has stored."""
    status, text = _ask(lab, pod, f"http://{_NAME}/readings?sensor={_SENSOR}&limit=1")
    if status == 200 and json.loads(text)["readings"]:
        return _SENSOR
    if status == 404:
        hint = _(
            "DATABASE_URL did not arrive, so the application takes it that there is no database. Compose brought it "
            "along by `env_file:`; here the container names the Secret shop-secrets and the key."
        )
    else:
        hint = _(
            "The database did not answer the application. Is the worker Ready? Then it is reached by this very URL."
        )
    raise CheckFailed(
        _("a reading from http://{name}/readings").format(name=_NAME),
        seen=f"{status or ''} {text}".strip(),
        hint=hint,
        next_step=f"kubectl -n {shop.NAMESPACE} logs deploy/{_NAME}",
    )


def _expect_key(lab: CheckContext, pod: Object) -> None:
    note = f"http://{_NAME}/notes/{lab.nonce}"
    status, text = _ask(lab, pod, note, "PUT")
    if status in (200, 201):
        raise CheckFailed(
            _("no write without the key"),
            seen=_("written, status {status}").format(status=status),
            hint=_(
                "API_KEY did not arrive, so everybody may write, and no error said so. Does the container name the "
                "Secret shop-secrets, and in it the key API_KEY?"
            ),
            next_step=f"kubectl -n {shop.NAMESPACE} logs deploy/{_NAME}",
        )
    status, text = _ask(lab, pod, note, "PUT", _key(lab))
    if status not in (200, 201):
        raise CheckFailed(
            _("a write with the key of shop.env"),
            seen=f"{status} {text}".strip(),
            hint=_(
                "A key arrived, and it is not the one in shop.env. One letter more is enough, also one that nobody "
                "sees: `echo` ends with a new line, and base64 keeps it. `--from-env-file` takes the value alone."
            ),
            next_step=f"kubectl -n {shop.NAMESPACE} create secret generic shop-secrets --from-env-file=shop.env …",
        )


def _expect_shared_notes(lab: CheckContext, pods: list[Object]) -> None:
    answers = {
        pod["metadata"]["name"]: _ask(lab, pod, f"http://127.0.0.1:{_LISTENS}/notes/{lab.nonce}") for pod in pods
    }
    missing = [name for name, (status, _text) in answers.items() if status != 200]
    if missing:
        kind = shop.volume_at(shop.deployment(lab, _NAME), _DATA)
        raise CheckFailed(
            _("the note in every pod"),
            seen=_("not in {pods}").format(pods=", ".join(missing)),
            hint=_(
                "Each pod has a volume of its own at {place} ({kind}), and a client sees one or the other, as it "
                "happens. What was one volume in Compose is one claim, mounted by all who share it."
            ).format(place=_DATA, kind=kind or _("the container itself")),
            next_step=f"kubectl -n {shop.NAMESPACE} get deployment {_NAME} -o yaml",
        )


def _expect_limit(deployment: Object) -> str:
    limit = shop.container(deployment).get("resources", {}).get("limits", {}).get("memory", "")
    if not limit:
        raise CheckFailed(
            _("a memory limit for {name}").format(name=_NAME),
            seen=_("none"),
            hint=_("`deploy.resources.limits` of the Compose file is `resources.limits` of the container."),
            next_step="kubectl explain deployment.spec.template.spec.containers.resources.limits",
        )
    size = quantity(limit)
    if size is None or not _LIMIT * 9 // 10 < size <= _LIMIT:  # 128M, by powers of ten, is nearly as much
        raise CheckFailed(
            _("a memory limit of 128Mi for {name}").format(name=_NAME),
            seen=str(limit),
            hint=_("`128M` of Compose is `128Mi` here: a small m would be a thousandth of a byte."),
            next_step=_("Mend `limits:` in web.yaml, and apply it."),
        )
    return str(limit)


def _key(lab: CheckContext) -> str:
    lines = manifests.read_text(lab.workspace, "shop.env").splitlines()
    return next((line.partition("=")[2] for line in lines if line.startswith("API_KEY=")), "")


def _ask(lab: CheckContext, pod: Object, url: str, method: str = "GET", key: str = "") -> tuple[int, str]:
    """The status and the text of an answer, asked inside a pod; status 0 and the reason where none came."""
    name, first = pod["metadata"]["name"], pod["spec"]["containers"][0]["name"]
    question = f"{url}\n{method}\n{key}"
    answer = lab.client.exec(name, ["node", "-e", _ASK], shop.NAMESPACE, first, input=question)
    status, _blank, text = answer.stdout.strip().partition(" ")
    return (int(status), text) if status.isdigit() else (0, answer.stderr.strip()[:200])
