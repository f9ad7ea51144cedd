"""`lab certificate`: a server's certificate by an authority that is made for it, to be trusted and thrown away."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from lab_helpers import files
from lab_helpers.cli.options import Language
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["certificate"]

# RFC 1123, section 2.1; a wildcard is the whole of the first label (RFC 6125, section 6.4.3).
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")


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

    for name in names:
        if not _DNS_NAME.fullmatch(name):
            raise LabError(_("is no DNS name"), object=repr(name), next_step="lab certificate '*.example.com'")
    if are_valid(directory, "ca", "tls", names):
        print(
            _("{directory} has a certificate for {names} already").format(directory=directory, names=", ".join(names))
        )
        return
    authority = CertificateAuthority("Kubernetes lab")
    issued, _key = authority.issue(names[0], names=names).write(directory, "tls")
    files.write(directory / "ca.crt", authority.pair.certificate)
    for file, purpose in (
        (directory / "ca.crt", _("to trust")),
        (issued, _("for {names}").format(names=", ".join(names))),
    ):
        print(f"{file}: {purpose}")
