"""`lab image`: the lab as one image, for machines that have Docker and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from lab_helpers.cli.options import Language, ProgressPrinter
from lab_helpers.cli.verbs import add
from lab_helpers.language import gettext as _

__all__ = ["app"]

app = typer.Typer(help=_("Make the lab one image, which runs wherever Docker does, offline."), no_args_is_help=True)


def build(
    tag: Annotated[
        str, typer.Option("--tag", help=_("What it is called; by default kubernetes-lab, with the template's version."))
    ] = "",
    language: Language = None,
) -> None:
    """Build the image of what is committed, and load it into Docker, or into buildah's storage where none answers."""
    from lab_helpers.distribution import image

    tag = tag or image.DEFAULT_TAG
    image.build(tag, ProgressPrinter())
    print(_("built: {tag}").format(tag=tag))
    print(f"  docker run --rm --privileged -p 127.0.0.1:8888:8888 -v lab:/home {tag}")


@app.callback()
def _verbs() -> None:
    """Keep `build` a verb of its own, though it is the only one."""


add(app, build)
