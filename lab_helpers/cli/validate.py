"""`lab validate`: whether a notebook and its lab are as they have to be, for whoever writes them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers import checkout, paths
from lab_helpers.cli.options import Language, ProgressPrinter, ProviderName, valid_name
from lab_helpers.cli.run import find_notebooks
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import pad

if TYPE_CHECKING:
    from lab_helpers.validation.draft import Draft
    from lab_helpers.validation.proofs import Proof

__all__ = ["validate"]


def validate(
    notebooks: Annotated[
        list[str] | None, typer.Argument(help=_("Notebooks by number or name; by default the whole workbook."))
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory",
            help=_("Where notebooks/ and labs/ are; by default in this checkout."),
            exists=True,
            file_okay=False,
            resolve_path=True,
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help=_("Only what can be seen without a cluster."))] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", callback=valid_name, help=_("Use this lab, created if it does not exist; by default a new one.")
        ),
    ] = None,
    provider: ProviderName = "auto",
    write_cards: Annotated[
        bool,
        typer.Option("--write-cards", help=_("Write the cards that wrong answers get, instead of comparing them.")),
    ] = False,
    language: Language = None,
) -> None:
    """Prove that notebooks and their labs are fit for learners; exit code 1 when something is not."""
    if directory is not None:
        if not (directory / "notebooks").is_dir():
            object_ = f"--directory {directory}"
            raise LabError(_("has no directory notebooks/"), object=object_, next_step=f"ls {directory}")
        os.environ[paths.LAB_CHECKOUT] = str(directory)
    files = find_notebooks(notebooks or [])
    if not files:
        where = str(checkout.notebooks_directory())
        raise LabError(_("holds no notebook that could be proven"), object=where, next_step=f"ls {where}")
    from lab_helpers.validation import draft, proofs

    drafts = [draft.load(file.stem) for file in files]
    failed = sum(_tell(proof) for each in drafts for proof in proofs.by_rules(each))
    if not quick:
        failed += sum(map(_tell, _on_cluster(drafts, files, name, provider, writes_cards=write_cards)))
    if failed:
        print(_("{count} proofs failed").format(count=failed))
        raise typer.Exit(1)
    print(_("all is proven") if not quick else _("all is proven that needs no cluster"))


def _on_cluster(
    drafts: Sequence[Draft], files: Sequence[Path], name: str | None, provider: str, *, writes_cards: bool
) -> Iterator[Proof]:
    """The proofs that need a cluster: a running one, which is kept, or one created for them."""
    from lab_helpers.cli.run_cluster import cluster_for
    from lab_helpers.cluster import choose, unnamed
    from lab_helpers.cluster.own import NOTHING
    from lab_helpers.cluster.sweep import sweep
    from lab_helpers.validation import proofs
    from lab_helpers.validation.attempts import Bench

    progress = ProgressPrinter()
    sweep(progress)
    lab = unnamed.unused_name() if name is None else name
    maker = choose.provider_of(lab, provider, NOTHING)
    with (
        unnamed.running(lab, "lab validate", is_named=name is not None),
        cluster_for(maker, lab, files, progress) as cluster,
    ):
        bench = Bench(cluster, writes_cards=writes_cards)
        try:
            for each in drafts:
                yield from proofs.by_attempts(each, bench, lambda printed: print(printed, file=sys.stderr))
        finally:
            bench.close()


def _tell(proof: Proof) -> bool:
    """Print a proof, a line where it holds; whether it failed."""
    verdict = _("FAILED") if proof.faults else _("ok")
    print(f"{pad(verdict, 8)}{proof.notebook}  {proof.statement}", flush=True)
    for fault in proof.faults:
        print("\n".join(f"        {line}" for line in str(fault).splitlines()), flush=True)
    return bool(proof.faults)
