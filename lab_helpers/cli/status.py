"""`lab status`: what labs there are and how they are."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

__all__ = ["status"]


def status(
    name: Annotated[str | None, typer.Option("--name", help="Only this lab; exit code 1 unless it is running.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the labs on this machine and the state of their clusters."""
    from lab_helpers.cluster import choose, record

    labs = []
    for found in (record.load(lab) for lab in ([name] if name else record.names())):
        if found is not None:
            provider = choose.provider(found.provider)
            labs.append(
                {
                    "name": found.name,
                    "state": provider.state(found.name).value,
                    "provider": found.provider,
                    "kubernetes": found.kubernetes,
                    "created": datetime.fromtimestamp(found.created).astimezone().isoformat(timespec="seconds"),
                    "kubeconfig": str(provider.kubeconfig(found.name)),
                }
            )
    if as_json:
        print(json.dumps(labs, indent=2))
    else:
        for lab in labs:
            print("  ".join(f"{key}={value}" if key != "name" else str(value) for key, value in lab.items()))
        if not labs:
            print(f"no lab {name}; next: lab up --name {name}" if name else "no labs; next: lab up")
    if name and not any(lab["state"] == "running" for lab in labs):
        raise typer.Exit(1)
