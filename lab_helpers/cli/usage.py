"""`lab usage`: what containers use beside what they request and are limited to, and what to change."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers.cli.options import Language, RunningName
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.observe.usage import Usage

__all__ = ["usage"]


def usage(
    namespaces: Annotated[list[str], typer.Argument(metavar="NAMESPACE", help=_("Whose workloads."))],
    minutes: Annotated[int, typer.Option("--minutes", min=1, max=24 * 60, help=_("How far back to look."))] = 30,
    name: RunningName = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print as JSON."))] = False,
    language: Language = None,
) -> None:
    """Compare what containers use with what they request and may use, and propose what to change.

    Add-on monitoring measures it. A proposal belongs into the Deploy repository, as a patch of the overlay.
    """
    from lab_helpers.cluster.at_hand import attached, resolve_name
    from lab_helpers.kube.client import Client
    from lab_helpers.observe import sizing
    from lab_helpers.observe import usage as measured
    from lab_helpers.workbook.display.tables import Table

    cluster = attached(resolve_name(name))
    usages = measured.usage(Client(cluster.kubeconfig), namespaces, minutes)
    if as_json:
        proposals = [[asdict(change) for change in sizing.changes(each)] for each in usages]
        print(
            json.dumps([asdict(each) | {"changes": each_of} for each, each_of in zip(usages, proposals, strict=True)])
        )
        return
    heads = [_("WORKLOAD"), _("CONTAINER"), "CPU", _("MEMORY"), _("PROPOSAL")]
    print(Table(heads, [_row(each) for each in usages]))
    print(_("used / requested / at most, of the busiest pod in {count} min").format(count=minutes))


def _row(usage: Usage) -> list[str]:
    from lab_helpers.observe import sizing

    cpu = "–" if usage.cpu is None else sizing.cpu_text(usage.cpu)
    memory = "–" if usage.memory is None else sizing.memory_text(usage.memory)
    if usage.cpu is None and usage.memory is None:
        proposal = _("nothing measured")
    else:
        proposal = ", ".join(map(str, sizing.changes(usage))) or _("it fits")
    return [
        f"{usage.namespace}/{usage.workload.partition('/')[2]}",
        usage.container,
        _three(cpu, usage, "cpu"),
        _three(memory, usage, "memory"),
        proposal,
    ]


def _three(used: str, usage: Usage, resource: str) -> str:
    return f"{used} / {usage.requests.get(resource, '–')} / {usage.limits.get(resource, '–')}"
