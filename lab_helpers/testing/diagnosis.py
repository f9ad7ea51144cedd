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


def sections(fixture: LabFixture) -> Iterator[tuple[str, str]]:
    """Titles and texts: what is wrong in the namespace, then the end of each container's log."""
    yield (
        _("lab: namespace {namespace}").format(namespace=fixture.namespace),
        fixture.redactor.text(diagnose(fixture.client, fixture.namespace)),
    )
    for title, text in _logs(fixture):
        yield _("lab: log of {title}").format(title=title), fixture.redactor.text(text)


def _logs(fixture: LabFixture) -> Iterator[tuple[str, str]]:
    try:
        pods = fixture.client.list("pod", fixture.namespace)[:_PODS_SHOWN]
    except LabError:
        return  # reported by diagnose() already
    for pod in pods:
        name = pod["metadata"]["name"]
        for container in pod.get("status", {}).get("containerStatuses", []):
            try:
                text = fixture.client.logs(name, fixture.namespace, tail=_LOG_LINES, container=container["name"])
            except LabError:
                continue  # it has not started; diagnose() reports why
            yield f"{name}/{container['name']}", text
