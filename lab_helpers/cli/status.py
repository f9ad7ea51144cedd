"""`lab status`: list labs, the state of their clusters, and their learners' progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab_helpers import paths
from lab_helpers.cli.options import Language, valid_name
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.cluster.provider import Provider

__all__ = ["status"]

_UNREADABLE = "unreadable"


def status(
    name: Annotated[
        str | None,
        typer.Option("--name", callback=valid_name, help=_("Only this lab; exit code 1 unless it is running.")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print as JSON."))] = False,
    language: Language = None,
) -> None:
    """List the labs on this machine, the state of their clusters, and the steps of their learners."""
    from lab_helpers.cluster import record

    labs = [lab for lab in map(_cluster, [name] if name else record.names()) if lab is not None]
    if as_json:
        print(json.dumps([{**lab, "progress": _progress(lab["name"])} for lab in labs], indent=2))
    else:
        _print(labs)
        if not _print_without_cluster({lab["name"] for lab in labs}, name) and not labs:
            message = _("no lab {name}; next: lab up --name {name}") if name else _("no labs; next: lab up")
            print(message.format(name=name))
    for lab in labs:
        if lab["state"] == _UNREADABLE:
            print(f"lab: {lab['error']}", file=sys.stderr)
    if name and not any(lab["state"] == "running" for lab in labs):
        raise typer.Exit(1)


def _cluster(name: str) -> dict[str, Any] | None:
    from lab_helpers.cluster import choose, record

    try:
        lab_record = record.load(name)
        if lab_record is None:
            return None
        provider = choose.provider(lab_record.provider)
        description: dict[str, Any] = {
            "name": lab_record.name,
            "state": provider.state(lab_record.name).value,
            "provider": lab_record.provider,
            "kubernetes": lab_record.kubernetes,
            "created": datetime.fromtimestamp(lab_record.created).astimezone().isoformat(timespec="seconds"),
            "kubeconfig": str(provider.kubeconfig(lab_record.name)),
        }
        if lab_record.made and description["state"] == "running":
            description |= _nodes(provider, name)
    except LabError as error:  # the other labs are listed nevertheless
        return {"name": name, "state": _UNREADABLE, "error": str(error)}
    # The cluster's name in kind and k3d.
    return description | {"cluster": lab_record.details["cluster"]} if "cluster" in lab_record.details else description


def _nodes(provider: Provider, name: str) -> dict[str, dict[str, str]]:
    """Whether each node runs, as its machine has it; nothing where the provider's clusters have but the first."""
    from lab_helpers.cluster.base import Capability

    if Capability.NODES not in provider.capabilities:
        return {}
    try:
        cluster = provider.attach(name)
        nodes = cluster.nodes if cluster is not None else None
        running = nodes.running() if nodes is not None else {}
    except LabError:  # it ends just now, or an older version of the lab made it
        return {}
    return {"nodes": {node: "running" if runs else "ended" for node, runs in running.items()}}


def _cell(lab: dict[str, Any], name: str) -> str:
    """What the table has of a lab: of its nodes how many there are, and which have ended."""
    if name != "nodes" or name not in lab:
        return str(lab.get(name, ""))
    ended = [node for node, state in lab["nodes"].items() if state == "ended"]
    return ", ".join([str(len(lab["nodes"])), *(_("{node} has ended").format(node=node) for node in ended)])


def _print(labs: Sequence[dict[str, Any]]) -> None:
    """A table of the labs, then the map of each whose learner has begun."""
    from lab_helpers.workbook.display.tables import Table

    # The columns are the keys of the JSON form, without the kubeconfig, which `lab kubeconfig` prints.
    keys = ("name", "state", "provider", "kubernetes", "nodes", "created", "cluster")
    names = [name for name in keys if _has_key(labs, name)]
    if labs:
        print(Table([name.upper() for name in names], [[_cell(lab, name) for name in names] for lab in labs]))
    for lab in labs:
        if lab["state"] == "ended":
            _print_loss(lab["name"])
        elif lab["state"] == "running":
            _print_half_restored(lab["name"])
    for lab in labs:
        if paths.progress_directory(lab["name"]).is_dir():
            print()
            print(_("lab {name}").format(name=lab["name"]))
            _print_map(lab["name"])


def _has_key(labs: Sequence[dict[str, Any]], name: str) -> bool:
    return any(name in lab for lab in labs)


def _progress(name: str) -> dict[str, dict[str, str]]:
    """The state of each step, by notebook and step; empty if the learner has not begun."""
    if not paths.progress_directory(name).is_dir():
        return {}
    from lab_helpers.workbook.learner.phases import phases

    return {
        phase.notebook: {step.step.id: step.progress.state for step in phase.steps}
        for phase in phases(name)
        if phase.steps
    }


def _print_map(name: str) -> None:
    from lab_helpers.workbook.learner.phase_map import map_lines
    from lab_helpers.workbook.learner.phases import phases

    if paths.progress_directory(name).is_dir():
        for line in map_lines(phases(name)):
            print(f"  {line}")


def _print_loss(name: str) -> None:
    """Print why the lab's cluster was lost, if it was."""
    from lab_helpers.cluster import choose

    loss = choose.maker_of(name).loss(name)
    if loss is not None:
        print(loss)


def _print_half_restored(name: str) -> None:
    """Print that the lab is only partly back at a checkpoint, if it is."""
    from lab_helpers.cluster import record

    try:
        record.expect_whole(name)
    except LabError as error:
        print(error)


def _print_without_cluster(shown: set[str], name: str | None) -> bool:
    """Print the progress of labs without a cluster; whether there are any."""
    places = sorted(path.parent.name for path in paths.state_directory().glob("labs/*/progress"))
    without = [lab for lab in places if lab not in shown and name in (None, lab)]
    for lab in without:
        print(_("{lab}  no cluster; next: lab up --name {lab}").format(lab=lab))
        _print_map(lab)
    return bool(without)
