"""`lab status`: what labs there are, how their clusters are, and how far their learners have come."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from lab_helpers import paths
from lab_helpers.language import gettext as _

__all__ = ["status"]


def status(
    name: Annotated[
        str | None, typer.Option("--name", help=_("Only this lab; exit code 1 unless it is running."))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print as JSON."))] = False,
) -> None:
    """List the labs on this machine, the state of their clusters, and the steps of their learners."""
    from lab_helpers.cluster import record

    labs = [found for found in map(_cluster, [name] if name else record.names()) if found is not None]
    if as_json:
        print(json.dumps([{**lab, "progress": _progress(lab["name"])} for lab in labs], indent=2))
    else:
        for lab in labs:
            print("  ".join(f"{key}={value}" if key != "name" else str(value) for key, value in lab.items()))
            _print_loss(lab["name"])
            _print_map(lab["name"])
        _print_without_cluster({lab["name"] for lab in labs}, name)
        if not labs:
            told = _("no lab {name}; next: lab up --name {name}") if name else _("no labs; next: lab up")
            print(told.format(name=name))
    if name and not any(lab["state"] == "running" for lab in labs):
        raise typer.Exit(1)


def _cluster(name: str) -> dict[str, Any] | None:
    from lab_helpers.cluster import choose, record

    found = record.load(name)
    if found is None:
        return None
    provider = choose.provider(found.provider)
    told = {
        "name": found.name,
        "state": provider.state(found.name).value,
        "provider": found.provider,
        "kubernetes": found.kubernetes,
        "created": datetime.fromtimestamp(found.created).astimezone().isoformat(timespec="seconds"),
        "kubeconfig": str(provider.kubeconfig(found.name)),
    }
    # What kind and k3d know it by.
    return told | {"cluster": found.details["cluster"]} if "cluster" in found.details else told


def _progress(name: str) -> dict[str, dict[str, str]]:
    """The state of each step, by notebook and step; nothing where nobody has begun."""
    if not paths.progress_directory(name).is_dir():
        return {}
    from lab_helpers.workbook.phases import phases

    return {
        phase.notebook: {step.step.id: step.place.state for step in phase.steps}
        for phase in phases(name)
        if phase.steps
    }


def _print_map(name: str) -> None:
    from lab_helpers.workbook.phase_map import map_lines
    from lab_helpers.workbook.phases import phases

    if paths.progress_directory(name).is_dir():
        for line in map_lines(phases(name)):
            print(f"  {line}")


def _print_loss(name: str) -> None:
    """Why its cluster has ended, where it has."""
    from lab_helpers.cluster import choose

    loss = choose.maker_of(name).loss(name)
    if loss is not None:
        print(f"  {loss}")


def _print_without_cluster(shown: set[str], name: str | None) -> None:
    """Learners whose cluster is gone keep their place."""
    places = sorted(path.parent.name for path in paths.state_directory().glob("labs/*/progress"))
    for lab in places:
        if lab not in shown and name in (None, lab):
            print(_("{lab}  no cluster").format(lab=lab))
            _print_map(lab)
