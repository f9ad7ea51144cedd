"""`lab doctor`: can it run here, and what to type if not."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from lab_helpers.cli.options import ProviderName

__all__ = ["doctor"]


def doctor(
    provider: ProviderName = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say whether a lab can run on this machine, and what to type if not."""
    from lab_helpers.cluster import choose

    names = choose.PROVIDERS if provider == choose.AUTO else (provider,)
    found = {name: list(choose.provider(name).doctor()) for name in names}
    works = [name for name, findings in found.items() if all(finding.ok for finding in findings)]
    if as_json:
        report = {name: [asdict(finding) for finding in findings] for name, findings in found.items()}
        print(json.dumps({"ok": bool(works), "chosen": works[0] if works else None, "providers": report}, indent=2))
    else:
        for name, findings in found.items():
            print(f"{name}: {'can run here' if name in works else 'cannot run here'}")
            for finding in findings:
                print(f"  {'✓' if finding.ok else '✗'} {finding.name}: {finding.seen}")
                if not finding.ok:
                    print(f"      next: {finding.next_step}")
    if not works:
        raise typer.Exit(1)
