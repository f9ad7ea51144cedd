"""What proves steps 1.5 and 1.6: the database is reached by its name, was set up as in Compose, and loses nothing."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from labs.lab_01_template import shop, starting, worker
from labs.lab_01_template.service import expect_service

__all__ = ["outlives_its_pod", "reached_by_name"]

_NAME = "database"
_PORT, _PUBLISHED = 5432, 15432
_DATA, _INIT = "/var/lib/postgresql/data", "/docker-entrypoint-initdb.d"


@check("1.5", seconds=60)
def reached_by_name(lab: CheckContext) -> Evidence:
    """The database is reached by its name, and set up as in Compose; the worker became Ready by itself."""
    starting.expect_single(shop.deployment(lab, _NAME))
    (pod,) = starting.running(lab, _NAME)
    _expect_connections(lab, pod)
    _expect_init(lab, pod)
    service = expect_service(lab, _NAME, _PORT, _PUBLISHED)
    waited = worker.expect_ready_unrestarted(lab)
    rows = int(_query(lab, pod, "SELECT count(*) FROM readings.reading"))
    if not rows:
        raise Unsettled(
            _("a first reading in the database"), seen=_("none yet"), hint=_("What does the worker's log say?")
        )
    if "database" not in lab.observations or not _has_word(lab, pod):  # with the word in it, 1.6 has begun
        lab.observations["database"] = pod["metadata"]["uid"]
    return Evidence(
        name=f"{_NAME} → {service['spec']['clusterIP']}",
        setting=f"max_connections = {lab.vary['connections']}",
        file=_("places.sql arrived: {count} places").format(count=_places(lab, pod)),
        worker=waited,
        readings=rows,
    )


@check("1.6", seconds=60)
def outlives_its_pod(lab: CheckContext) -> Evidence:
    """The database's pod was deleted and another took its place: every row is still there."""
    before = lab.observations.get("database")
    if before is None:
        raise CheckFailed(
            _("step {step} proven").format(step="1.5"),
            seen=_("not yet"),
            hint=_("Each of these steps goes on where the last one ended."),
            next_step='lab.check("1.5")',
        )
    starting.expect_single(shop.deployment(lab, _NAME))
    (pod,) = starting.running(lab, _NAME)
    if pod["metadata"]["uid"] == before:
        raise CheckFailed(
            _("another pod of the database"),
            seen=_("still the one from before"),
            hint=_("A restarted container is the same pod. This step takes the pod itself away."),
            next_step=f"kubectl -n {shop.NAMESPACE} delete pod -l app={_NAME}",
        )
    _expect_word(lab, pod)
    waited = worker.expect_ready_unrestarted(lab)
    return Evidence(
        pod=_("another one"),
        word=_("still there"),
        places=_places(lab, pod),
        volume=", ".join(shop.claims(shop.deployment(lab, _NAME))),
        worker=waited,
    )


def _expect_connections(lab: CheckContext, pod: Object) -> None:
    connections, expected = _query(lab, pod, "SHOW max_connections"), str(lab.vary["connections"])
    if connections != expected:
        raise CheckFailed(
            _("max_connections {count}, as $LAB_CONNECTIONS says").format(count=expected),
            seen=connections,
            hint=_(
                "Compose has filled in the variable of your shell. Here it has to be written down: in the ConfigMap "
                "database-settings, from where `$(MAX_CONNECTIONS)` in `args` takes it."
            ),
            next_step=f"kubectl -n {shop.NAMESPACE} get configmap database-settings -o yaml",
        )


def _expect_init(lab: CheckContext, pod: Object) -> None:
    if _query(lab, pod, "SELECT to_regclass('place')"):
        return
    kind = shop.volume_at(shop.deployment(lab, _NAME), _INIT)
    hints = {
        "": _("Nothing is mounted at {place}, so the database began without the file."),
        "configMap": _(
            "The ConfigMap is mounted at {place} now, and the database had been made before: the file is run once, "
            "when there are no data yet. Delete the Deployment and the claim, and apply again."
        ),
        "hostPath": _(
            "A hostPath at {place} is a directory of the **node**, and your files lie here: it is empty there. A file "
            "that belongs to the manifests goes into a ConfigMap."
        ),
    }
    empty = _(
        "The volume at {place} is empty when it is made: in Compose the line `./places.sql:…` brings a file of this "
        "folder along, and no volume here does. A file that belongs to the manifests goes into a ConfigMap."
    )
    raise CheckFailed(
        _("the table place, made by places.sql"),
        seen=_("no such table; at {place}: {kind}").format(place=_INIT, kind=kind or _("nothing")),
        hint=hints.get(kind, empty).format(place=_INIT),
        next_step=f"kubectl -n {shop.NAMESPACE} exec deploy/{_NAME} -- ls -l {_INIT}",
    )


def _has_word(lab: CheckContext, pod: Object) -> bool:
    """Whether the learner's word is in the database."""
    has_table = _query(lab, pod, "SELECT to_regclass('word')")
    return bool(has_table) and lab.nonce in _query(lab, pod, "SELECT text FROM word")


def _expect_word(lab: CheckContext, pod: Object) -> None:
    if _has_word(lab, pod):
        return
    kind = shop.volume_at(shop.deployment(lab, _NAME), _DATA)
    if kind != "persistentVolumeClaim":
        hint = _(
            "Its files were in {kind} at {place}, and that went with the pod. `volumes:` of a Compose file outlive "
            "what mounts them; here only a claim does."
        ).format(kind=kind or _("the container itself"), place=_DATA)
    else:
        hint = _(
            "The claim is mounted at {place}, and your word is not in it: it was never written, or the claim itself "
            "was deleted and is a new one. A claim that is deleted takes its data along."
        ).format(place=_DATA)
    raise CheckFailed(
        _("your word, $NONCE, in the table word"),
        seen=_("not there"),
        hint=hint,
        next_step=_("Run the cell of this step once more, from its beginning."),
    )


def _places(lab: CheckContext, pod: Object) -> int:
    return int(_query(lab, pod, "SELECT count(*) FROM place"))


def _query(lab: CheckContext, pod: Object, sql: str) -> str:
    """What the database answers, asked inside its own pod."""
    name = pod["metadata"]["name"]
    answer = lab.client.exec(name, ["psql", "-U", "shop", "-tAc", sql], shop.NAMESPACE)
    if answer.returncode:
        raise Unsettled(
            _("an answer of the database"),
            seen=answer.stderr.strip()[:200],
            hint=_("It may still be starting."),
            next_step=f"kubectl -n {shop.NAMESPACE} logs {name}",
        )
    return answer.stdout.strip()
