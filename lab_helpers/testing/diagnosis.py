"""The sections about a failed test's namespace in its report."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.errors import LabError
from lab_helpers.kube.diagnose import diagnose
from lab_helpers.language import gettext as _
from lab_helpers.testing.fixture import LabFixture

__all__ = ["sections"]

_PODS_SHOWN = 10
_LOG_LINES = 50


def sections(room: LabFixture) -> Iterator[tuple[str, str]]:
    """Titles and texts: what is wrong in the namespace, then the end of each container's log."""
    yield (
        _("lab: namespace {namespace}").format(namespace=room.namespace),
        room.redactor.text(diagnose(room.client, room.namespace)),
    )
    for title, text in _logs(room):
        yield _("lab: log of {title}").format(title=title), room.redactor.text(text)


def _logs(room: LabFixture) -> Iterator[tuple[str, str]]:
    try:
        pods = room.client.list("pod", room.namespace)[:_PODS_SHOWN]
    except LabError:
        return  # reported by diagnose() already
    for pod in pods:
        name = pod["metadata"]["name"]
        for container in pod.get("status", {}).get("containerStatuses", []):
            try:
                text = room.client.logs(name, room.namespace, tail=_LOG_LINES, container=container["name"])
            except LabError:
                continue  # it has not started; diagnose() reports why
            yield f"{name}/{container['name']}", text
