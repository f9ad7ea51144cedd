"""`lab run`: the workbook headless, as a test."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from lab_helpers import checkout, paths
from lab_helpers.cli.options import (
    Context,
    Language,
    OwnRegistry,
    ProgressPrinter,
    ProviderName,
    RegistryCa,
    RegistryConfig,
    RegistryPullConfig,
    StorageClass,
    valid_name,
)
from lab_helpers.cli.run_cluster import cluster_for
from lab_helpers.cluster.own import Own
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["find_notebooks", "run"]


def run(
    notebooks: Annotated[
        list[str] | None, typer.Argument(help=_("Notebooks by number, name or path; by default the whole workbook."))
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            callback=valid_name,
            help=_("Run on this lab, created for the run if it does not exist; by default on a new one."),
        ),
    ] = None,
    provider: ProviderName = "auto",
    context: Context = "",
    registry: OwnRegistry = "",
    registry_ca: RegistryCa = None,
    registry_config: RegistryConfig = None,
    registry_pull_config: RegistryPullConfig = None,
    storage_class: StorageClass = "",
    output: Annotated[
        Path | None, typer.Option("--output", help=_("Directory of the report; by default build/lab."), file_okay=False)
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", help=_("Notebook parameter as NAME=VALUE; may be repeated.")),
    ] = None,
    language: Language = None,
) -> None:
    """Run the workbook headless and write a report; exit code 1 when a step failed."""
    from lab_helpers.cluster import choose, unnamed
    from lab_helpers.cluster.sweep import sweep
    from lab_helpers.run.engine.stopping import Interrupted
    from lab_helpers.run.notebooks import preload
    from lab_helpers.run.workbook import Workbook
    from lab_helpers.workbook.course.territory import of_workbook

    progress = ProgressPrinter()
    own = Own(context, registry, registry_ca, registry_config, storage_class, registry_pull_config, of_workbook)
    chosen = find_notebooks(notebooks or [])
    typed = dict(_parse(pair) for pair in parameter or [])
    _refuse_own(typed)
    sweep(progress)
    lab = unnamed.unused_name() if name is None else name
    threading.Thread(target=preload, daemon=True).start()  # while the cluster is being made
    maker = choose.provider_of(lab, provider, own)
    parameters = {"provider": maker.name, "name": lab, "solve": True}
    workbook = Workbook(chosen, output or paths.runs_directory(), parameters, typed)
    page = (workbook.output / "report.html").absolute()
    with unnamed.running(lab, "lab run", is_named=name is not None):
        try:
            result = workbook.run(cluster_for(maker, lab, chosen, progress), progress)
        except Interrupted:
            print(_("stopped: {report}").format(report=page))
            raise
    progress(_("nothing of the lab is left") if name is None else _("lab {name}").format(name=lab))
    verdict = _("passed: {report}") if result.passed else _("failed: {report}")
    print(verdict.format(report=page))
    if not result.passed:
        raise typer.Exit(1)


def find_notebooks(names: list[str]) -> list[Path]:
    """The notebooks of these names; all if there are none.

    Raises:
        LabError: A name matches no notebook.
    """
    from lab_helpers.run.notebooks import list_notebooks

    workbook = list_notebooks()
    if not names:
        return workbook
    return [_find_one(name, workbook) for name in names]


def _find_one(name: str, workbook: list[Path]) -> Path:
    from lab_helpers.workbook.course import outlines

    if name.endswith(".ipynb") and Path(name).exists():
        return Path(name)
    for notebook in workbook:
        if name in outlines.spellings(notebook.stem):
            return notebook
    outlines.expect_notebook(name)
    known = ", ".join(notebook.stem for notebook in workbook)
    reason = _("is no notebook; there are {notebooks}").format(notebooks=known)
    raise LabError(reason, object=repr(name), next_step=f"ls {checkout.notebooks_directory()}")


def _refuse_own(parameters: Mapping[str, str]) -> None:
    """Reject parameters that the command sets from its own options.

    Raises:
        LabError: The parameters contain one.
    """
    for name in ("name", "provider"):
        if name in parameters:
            reason = _("has an option of its own")
            raise LabError(reason, object=f"-p {name}", next_step=f"lab run --{name} {parameters[name]}")


def _parse(pair: str) -> tuple[str, str]:
    name, separator, value = pair.partition("=")
    if not separator or not name.isidentifier():
        raise LabError(_("a parameter is given as NAME=VALUE"), object=repr(pair), next_step="lab run -p solve=true")
    return name, value
