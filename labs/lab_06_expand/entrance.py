"""Requests from outside the cluster to production's door."""

from __future__ import annotations

import ssl
from http.client import HTTPException
from pathlib import Path

from lab_helpers import CheckContext, Unsettled
from lab_helpers.language import gettext as _
from lab_helpers.observe import outside
from lab_helpers.observe.outside import Answer

__all__ = ["ask"]


def ask(lab: CheckContext, url: str, authority: Path | None = None) -> Answer:
    """Get a URL of one of production's hosts, as a client on this machine would.

    Args:
        lab: Behind whose door the host is.
        url: The URL.
        authority: By https, whose certificates are trusted; None for anybody's.

    Raises:
        SSLCertVerificationError: The certificate that is shown is not for this host, or not by that authority.
        Unsettled: Nobody answers.
    """
    entry = lab.entry
    assert entry is not None, "the step needs one"
    try:
        return outside.ask(url, entry.https if url.startswith("https:") else entry.http, authority)
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, HTTPException) as error:
        raise Unsettled(
            _("an answer to {url}").format(url=url),
            seen=str(error) or type(error).__name__,
            hint=_("Does the Ingress controller run?"),
            next_step="kubectl -n kube-system get pods -l app.kubernetes.io/name=traefik",
        ) from error
