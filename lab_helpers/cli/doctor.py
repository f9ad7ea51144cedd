"""`lab doctor`: check whether a lab can run here, and say what to type if not."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from lab_helpers import paths
from lab_helpers.cli.judging import speak_to_programs
from lab_helpers.cli.options import (
    Context,
    Language,
    OwnRegistry,
    ProviderName,
    RegistryCa,
    RegistryConfig,
    RegistryPullConfig,
    StorageClass,
    valid_name,
)
from lab_helpers.cluster.own import Own
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["doctor"]


def doctor(
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            envvar="LAB_NAME",
            callback=valid_name,
            help=_("Check what this lab needs, with its own provider."),
        ),
    ] = None,
    provider: ProviderName = "auto",
    context: Context = "",
    registry: OwnRegistry = "",
    registry_ca: RegistryCa = None,
    registry_config: RegistryConfig = None,
    registry_pull_config: RegistryPullConfig = None,
    storage_class: StorageClass = "",
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the findings as JSON."))] = False,
    language: Language = None,
) -> None:
    """Check whether a lab can run here, and say what to type if not.

    Exit code 0 where a cluster can be created; what is wrong with the workbook is named, and fails lab validate.
    """
    from lab_helpers.cluster import choose
    from lab_helpers.workbook.course.territory import of_workbook

    if as_json:
        speak_to_programs()
    own = Own(context, registry, registry_ca, registry_config, storage_class, registry_pull_config, of_workbook)
    provider, own = _of_lab(name, provider, own) if name else (provider, own)
    names = choose.CANDIDATES if provider == choose.AUTO else (provider,)
    findings_by_provider = {name: list(choose.provider(name, own).doctor()) for name in names}
    works = [name for name, findings in findings_by_provider.items() if all(finding.ok for finding in findings)]
    problems = _problems()
    if as_json:
        report = {
            "ok": bool(works),
            "chosen": works[0] if works else None,
            "providers": {name: list(map(asdict, findings)) for name, findings in findings_by_provider.items()},
            "workbook": [
                {"object": problem.object, "reason": problem.reason, "next_step": problem.next_step}
                for problem in problems
            ],
        }
        print(json.dumps(report, indent=2))
    else:
        for name, findings in findings_by_provider.items():
            verdict = _("{provider}: can run here") if name in works else _("{provider}: cannot run here")
            print(verdict.format(provider=name))
            for finding in findings:
                print(f"  {'✓' if finding.ok else '✗'} {finding.name}: {finding.seen}")
                if not finding.ok:
                    print("      " + _("next: {command}").format(command=finding.next_step))
        for problem in problems:
            print("✗ " + str(problem))
    if not works:
        raise typer.Exit(1)


def _problems() -> list[LabError]:
    """What is wrong with the workbook, where there is one: some of it will not run, whatever the provider.

    No problem of this machine, so not in the exit code: `make` and CI ask with it whether a cluster can be created, for
    which `lab up`, `make test` and the pytest plugin need no notebook.
    """
    from lab_helpers.workbook.course import outlines

    return outlines.problems() if paths.checkout_directory().joinpath("notebooks").is_dir() else []


def _of_lab(name: str, provider: str, own: Own) -> tuple[str, Own]:
    """The provider of an existing lab and the options it was created with.

    Raises:
        LabError: Its record cannot be read, or another provider created it.
    """
    from lab_helpers.cluster import choose, record
    from lab_helpers.cluster.existing import remembered

    if record.load(name) is None:
        return provider, own
    maker = choose.provider_of(name, provider, own).name
    return maker, remembered.completed(own, name) if maker == remembered.PROVIDER else own
