"""`lab doctor`: can it run here, and what to type if not."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Annotated

import typer

from lab_helpers import language
from lab_helpers.cli.options import (
    Context,
    OwnRegistry,
    ProviderName,
    RegistryCa,
    RegistryConfig,
    RegistryPullConfig,
    StorageClass,
)
from lab_helpers.language import gettext as _

__all__ = ["doctor"]


def doctor(
    provider: ProviderName = "auto",
    context: Context = "",
    registry: OwnRegistry = "",
    registry_ca: RegistryCa = None,
    registry_config: RegistryConfig = None,
    registry_pull_config: RegistryPullConfig = None,
    storage_class: StorageClass = "",
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the findings as JSON."))] = False,
) -> None:
    """Say whether a lab can run here, and what to type if not."""
    from lab_helpers.cluster import choose
    from lab_helpers.cluster.own import Own

    if as_json:
        os.environ[language.LAB_LANGUAGE] = (
            language.SOURCE
        )  # programs read it, whatever the reader of their output speaks
    own = Own(context, registry, registry_ca, registry_config, storage_class, registry_pull_config)
    names = choose.CANDIDATES if provider == choose.AUTO else (provider,)
    found = {name: list(choose.provider(name, own).doctor()) for name in names}
    works = [name for name, findings in found.items() if all(finding.ok for finding in findings)]
    if as_json:
        report = {name: [asdict(finding) for finding in findings] for name, findings in found.items()}
        print(json.dumps({"ok": bool(works), "chosen": works[0] if works else None, "providers": report}, indent=2))
    else:
        for name, findings in found.items():
            verdict = _("{provider}: can run here") if name in works else _("{provider}: cannot run here")
            print(verdict.format(provider=name))
            for finding in findings:
                print(f"  {'✓' if finding.ok else '✗'} {finding.name}: {finding.seen}")
                if not finding.ok:
                    print("      " + _("next: {command}").format(command=finding.next_step))
    if not works:
        raise typer.Exit(1)
