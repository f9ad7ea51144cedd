"""What proves step 4.9: a chart deploys production, a release that failed was undone, another taken back by hand."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
from dataclasses import dataclass

import yaml

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import committed
from labs.lab_04_deploy_repo import running
from labs.lab_04_deploy_repo.rendering import NAME, REPOSITORY

__all__ = ["released_by_the_chart"]

_CHART = f"helm/apps/{NAME}"
_VALUES = f"{_CHART}/values-prod.yaml"
_UPGRADE = (
    f"helm upgrade --install {NAME} {REPOSITORY}/{_CHART} --namespace {NAME} --values {REPOSITORY}/{_VALUES} --wait"
)
_HISTORY = f"helm --namespace {NAME} history {NAME}"
_LEVEL = "warn"


@dataclass(frozen=True)
class _Revision:
    """A revision of the release, as Helm recorded it.

    Attributes:
        number: Its number, from 1.
        status: As in ``deployed``, ``superseded`` or ``failed``.
        description: What Helm says of it.
        tag: The image's tag.
        level: The log level.
    """

    number: int
    status: str
    description: str
    tag: str
    level: str

    @property
    def is_rollback(self) -> bool:
        """Whether it brought an earlier one back."""
        return self.description.startswith("Rollback to")


@check("4.9", seconds=60)
def released_by_the_chart(lab: CheckContext) -> Evidence:
    """The chart deploys production with your values; one release was undone by Helm, and one by you."""
    values = committed.read(lab.workspace, REPOSITORY, _VALUES)
    memory = str(lab.vary["memory"])
    _expect_values(values.text, memory)
    revisions = _revisions(lab)
    _expect_live(lab, revisions[-1], memory)
    _expect_history(revisions)
    pods = running.rolled_out(lab)
    rows = [(each.number, each.tag, each.level, each.status, each.description) for each in revisions]
    return Evidence(
        revisions=Table((_("revision"), _("tag"), "LOG_LEVEL", _("status"), _("description")), rows),
        pods=", ".join(pod["metadata"]["name"] for pod in pods),
        Git=str(values),
    )


def _expect_values(text: str, memory: str) -> None:
    """Make sure that production's values say what its overlay says since 4.2 and 4.3."""
    stated = {key: _stated(text, key) for key in ("config.LOG_LEVEL", "resources.limits.memory")}
    for (key, value), expected in zip(stated.items(), (_LEVEL, memory), strict=True):
        if value != expected:
            raise CheckFailed(
                _("{key}: {value} in {file}").format(key=key, value=expected, file=f"{REPOSITORY}/{_VALUES}"),
                seen=str(value or _("none")),
                hint=_(
                    "The chart knows nothing of the overlay's patches. What is given with --set is in no commit, and "
                    "the next upgrade without it takes it back."
                ),
                next_step=f"cat {REPOSITORY}/{_VALUES}",
            )


def _stated(text: str, key: str) -> object:
    """What a learner's file of values says under a key; None where it says nothing, or cannot be read."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _revisions(lab: CheckContext) -> list[_Revision]:
    """What Helm has recorded, the newest last.

    Raises:
        CheckFailed: Nothing.
    """
    records = lab.client.list("secret", NAME, f"owner=helm,name={NAME}")
    if not records:
        raise CheckFailed(
            _("a release {release} in namespace {namespace}").format(release=NAME, namespace=NAME),
            seen=_("none"),
            hint=_(
                "Helm touches nothing that is not its own, and kubectl applied this: `invalid ownership metadata`. It "
                "takes over when it is told to."
            ),
            next_step=f"{_UPGRADE} --take-ownership --force-conflicts",
        )
    return sorted(map(_revision, records), key=lambda each: each.number)


def _revision(record: Object) -> _Revision:
    # Helm encodes what it stores, before the API server does it once more.
    release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(record["data"]["release"]))))
    values = _merged(release["chart"]["values"], release.get("config") or {})
    info = release["info"]
    description = info["description"].partition("\n")[0]
    return _Revision(
        release["version"], info["status"], description, values["image"]["tag"], values["config"]["LOG_LEVEL"]
    )


def _merged(values: Object, over: Object) -> Object:
    """Values as Helm puts them together: of two, those over the others win, key by key."""
    merged = dict(values)
    for key, value in over.items():
        is_map = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if is_map else value
    return merged


def _expect_history(revisions: list[_Revision]) -> None:
    if not any(each.status == "failed" for each in revisions):
        raise CheckFailed(
            _("a revision that failed, and was undone by Helm"),
            seen=", ".join(each.status for each in revisions),
            hint=_("v1.2.0 never becomes Ready. Send it with --rollback-on-failure and a --timeout."),
            next_step=f"{_UPGRADE} --set image.tag=v1.2.0 --rollback-on-failure --timeout 15s",
        )
    pairs = itertools.pairwise(revisions)
    if not any(after.is_rollback and before.status != "failed" and before.tag != after.tag for before, after in pairs):
        raise CheckFailed(
            _("a good release that was taken back by `helm rollback`"),
            seen=_("none"),
            hint=_(
                "Helm goes back by itself from what fails. From a release that runs and is not wanted you go back, by "
                "the number of the revision that is."
            ),
            next_step=f"{_HISTORY}; helm --namespace {NAME} rollback {NAME} 1 --wait",
        )


def _expect_live(lab: CheckContext, last: _Revision, memory: str) -> None:
    """Make sure that what runs is what Helm recorded last."""
    container = running.container(running.deployment(lab))
    live = {
        "image": container["image"].rpartition(":")[2],
        "LOG_LEVEL": running.live(lab, "configmap", running.CONFIG)["data"].get("LOG_LEVEL"),
        "memory": container["resources"]["limits"]["memory"],
    }
    for (key, value), expected in zip(live.items(), (last.tag, last.level, memory), strict=True):
        if value != expected:
            raise CheckFailed(
                _("{key}: {value}, as revision {number} says").format(key=key, value=expected, number=last.number),
                seen=str(value),
                hint=_(
                    "The cluster was told something past Helm, by kubectl, and Helm does not know: its next upgrade, "
                    "whoever types it, takes it back. One way for one thing."
                ),
                next_step=f"{_HISTORY}; helm --namespace {NAME} get values {NAME}",
            )
