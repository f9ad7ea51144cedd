"""`lab admin-manifest`: the manifest that an administrator applies to let the workbook run on an existing cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from lab_helpers.cli.options import Language
from lab_helpers.language import gettext as _

__all__ = ["admin_manifest"]


def admin_manifest(
    namespace: Annotated[
        list[str] | None,
        typer.Option(
            "--namespace", help=_("Namespace to include; may be repeated; by default all that the workbook needs.")
        ),
    ] = None,
    language: Language = None,
) -> None:
    """Print labelled namespaces and a ServiceAccount with the least rights in them, for `kubectl apply -f -`."""
    from lab_helpers.cluster.existing import manifest
    from lab_helpers.workbook.course.territory import of_workbook

    print(manifest.admin_manifest(of_workbook(), namespace or ()), end="")
