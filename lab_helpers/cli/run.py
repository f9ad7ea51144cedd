"""`lab run`: the workbook headless, as a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers import paths
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
from lab_helpers.cluster.own import Own
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.cluster.base import Cluster
    from lab_helpers.cluster.provider import Provider
    from lab_helpers.images.registry import Registry
    from lab_helpers.workbook.course.outlines import Outline

__all__ = ["run"]


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
    chosen = _find(notebooks or [])
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
            result = workbook.run(_cluster(maker, lab, chosen, progress), progress)
        except Interrupted:
            print(_("stopped: {report}").format(report=page))
            raise
    progress(_("nothing of the lab is left") if name is None else _("lab {name}").format(name=lab))
    verdict = _("passed: {report}") if result.passed else _("failed: {report}")
    print(verdict.format(report=page))
    if not result.passed:
        raise typer.Exit(1)


@contextmanager
def _cluster(maker: Provider, name: str, notebooks: Sequence[Path], progress: ProgressPrinter) -> Iterator[Cluster]:
    """The lab's cluster: a running one, which is kept, or one created for this run, which is deleted after it."""
    from lab_helpers.addons.base import BASE
    from lab_helpers.cluster import lifecycle

    cluster = lifecycle.attach(maker, name)
    if cluster is None:
        needed = list(_outlines(notebooks))
        _build_early(needed)
        cluster = lifecycle.create(
            maker, name, progress, BASE, wait=False, on_registry=lambda registry: _push_early(needed, registry)
        )
    with cluster:
        yield cluster


def _outlines(notebooks: Sequence[Path]) -> Iterator[Outline]:
    from lab_helpers.workbook.course import outlines

    for notebook in notebooks:
        with suppress(LabError):  # told when the notebook's turn comes
            yield outlines.load(notebook.stem)


def _build_early(needed: Sequence[Outline]) -> None:
    """Build what notebooks need in the background while the cluster's programs are being built."""
    from lab_helpers.addons import catalogue, installing
    from lab_helpers.images import applications
    from lab_helpers.workbook.session.requirements import addons_of, applications_of

    for name in applications_of(needed):
        _in_background(name, lambda name: applications.build(applications.load(name), lambda _: None))
    for name in addons_of(needed):
        _in_background(name, lambda name: installing.build(catalogue.addon(name), lambda _: None))


def _push_early(needed: Sequence[Outline], registry: Registry) -> None:
    """Push the images in the background while the nodes start, as every notebook would in its first cell."""
    from lab_helpers.images import applications
    from lab_helpers.workbook.session.requirements import applications_of

    for name in applications_of(needed):
        _in_background(name, lambda name: applications.push(applications.load(name), registry, lambda _: None))


def _in_background(name: str, work: Callable[[str], object]) -> None:
    def attempt() -> None:
        with suppress(LabError):  # the notebooks report it
            work(name)

    threading.Thread(target=attempt, name=name, daemon=True).start()


def _find(names: list[str]) -> list[Path]:
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
        if name in (notebook.stem, notebook.stem.partition("_")[0], notebook.stem.partition("_")[0].lstrip("0")):
            return notebook
    outlines.expect_notebook(name)
    known = ", ".join(notebook.stem for notebook in workbook)
    reason = _("is no notebook; there are {notebooks}").format(notebooks=known)
    raise LabError(reason, object=repr(name), next_step="lab run 05")


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
