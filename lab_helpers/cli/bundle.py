"""`lab bundle`: the whole lab in one file, for machines without Docker and without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lab_helpers.cli.options import Language, ProgressPrinter
from lab_helpers.cli.verbs import add
from lab_helpers.language import gettext as _

__all__ = ["app"]

app = typer.Typer(
    help=_("Carry the whole lab in one file to machines without Docker and without a network."), no_args_is_help=True
)

BundlePath = Annotated[Path, typer.Argument(metavar="FILE", help=_("The bundle."))]
NewBundlePath = Annotated[
    Path, typer.Argument(metavar="[FILE]", help=_("The bundle to write; by default lab.tar."), show_default=False)
]
CheckoutPath = Annotated[
    Path,
    typer.Argument(
        metavar="[DIRECTORY]", help=_("Where the checkout goes; by default kubernetes-lab."), show_default=False
    ),
]


def create(path: NewBundlePath = Path("lab.tar"), language: Language = None) -> None:
    """Write a bundle of what is committed; downloads or builds first what a machine without a network needs."""
    from lab_helpers.distribution.bundle import creation

    manifest = creation.create(path.absolute(), ProgressPrinter())
    size = _("{file}: {megabytes:.0f} MB, for {release}, {architecture}")
    print(
        size.format(
            file=path,
            megabytes=path.stat().st_size / 1e6,
            release=manifest.release,
            architecture=manifest.architecture,
        )
    )
    print(f"sha256:{manifest.digest}")
    print(_("next: {command}").format(command=f"tar -xOf {path} install.sh | sh -s -- {path} kubernetes-lab"))


def verify(path: BundlePath, language: Language = None) -> None:
    """Read a whole bundle and compare each file in it with its digest; the first that differs is named."""
    from lab_helpers.distribution.bundle import archive

    manifest = archive.verify(path)
    whole = _("{file} is whole: {count} files, version {version}, commit {revision}")
    print(
        whole.format(file=path, count=len(manifest.members), version=manifest.version, revision=manifest.revision[:12])
    )
    print(f"sha256:{manifest.digest}")


def install(path: BundlePath, directory: CheckoutPath = Path("kubernetes-lab"), language: Language = None) -> None:
    """Install a bundle on this machine, without a network, as the script that lies in it does on one without a lab."""
    from lab_helpers.distribution.bundle import installing

    raise typer.Exit(installing.install(path, directory, print))


add(app, create)
add(app, verify)
add(app, install)
