"""`lab certificate`: a server's certificate by an authority that is made for it, to be trusted and thrown away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lab_helpers.cli.options import Language
from lab_helpers.language import gettext as _

__all__ = ["certificate"]


def certificate(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help=_("The DNS names that it is for; * stands for one label."))
    ],
    directory: Annotated[
        Path, typer.Option("--directory", help=_("Where it is written; a certificate for these names there stays."))
    ] = Path("tls"),
    language: Language = None,
) -> None:
    """Issue a certificate by an authority of its own: ca.crt to trust, tls.crt and tls.key for the server.

    The authority's key is kept nowhere, so nobody can issue another one by it.
    """
    from lab_helpers.certificates import CertificateAuthority, are_valid

    if are_valid(directory, "ca", "tls", names):
        print(
            _("{directory} has a certificate for {names} already").format(directory=directory, names=", ".join(names))
        )
        return
    authority = CertificateAuthority("Kubernetes lab")
    issued, _key = authority.issue(names[0], names=names).write(directory, "tls")
    (directory / "ca.crt").write_text(authority.pair.certificate)
    for file, purpose in (
        (directory / "ca.crt", _("to trust")),
        (issued, _("for {names}").format(names=", ".join(names))),
    ):
        print(f"{file}: {purpose}")
