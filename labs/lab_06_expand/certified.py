"""What is shown at the door before anything is answered: whose certificate, and why not the learner's."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path

from lab_helpers import CheckContext, CheckFailed, Unsettled
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from labs.lab_06_expand import entrance, routing

__all__ = ["expect_trusted"]

_SECRET = "wildcard-cert"  # noqa: S105 - the name of a Secret
_KIND = "kubernetes.io/tls"
_ISSUE = "lab certificate '*.example.com'"
_AUTHORITY, _CERTIFICATE = Path("tls/ca.crt"), Path("tls/tls.crt")


def expect_trusted(lab: CheckContext) -> None:
    """Make sure that every host shows a certificate of the authority that the learner trusts.

    Raises:
        CheckFailed: There is no such certificate where the controller looks for it.
        Unsettled: The controller shows another one.
    """
    for file in (_AUTHORITY, _CERTIFICATE):
        if not (lab.workspace / file).is_file():
            raise CheckFailed(
                str(file),
                seen=_("no such file"),
                hint=_("A client believes a certificate whose authority it knows; this one is made for you."),
                next_step=_ISSUE,
            )
    for project in routing.HOSTS.values():
        _expect_secret(lab, project)
    for host in routing.HOSTS:
        _expect_shown(lab, host)


def _expect_secret(lab: CheckContext, project: str) -> None:
    secret = lab.client.get("secret", _SECRET, project)
    expected = _("secret/{name} of type {type} in namespace {namespace}").format(
        name=_SECRET, type=_KIND, namespace=project
    )
    if secret is None or secret.get("type") != _KIND:
        actual = _("none") if secret is None else str(secret.get("type"))
        raise CheckFailed(expected, seen=actual, hint=_why_missing(lab, project), next_step=_create(project))
    if _text(secret) != (lab.workspace / _CERTIFICATE).read_text(encoding="utf-8", errors="replace"):
        raise CheckFailed(
            _("in secret/{name} of {namespace} the certificate of {file}").format(
                name=_SECRET, namespace=project, file=_CERTIFICATE
            ),
            seen=_("another certificate"),
            hint=_(
                "It was issued anew after the Secret was made, by an authority that is new, too: clients that trust "
                "the new one refuse the old certificate. Whoever renews a certificate renews its Secret."
            ),
            next_step=_create(project),
        )


def _why_missing(lab: CheckContext, project: str) -> str:
    elsewhere = [
        each["metadata"]["namespace"] for each in lab.client.list("secret") if each["metadata"]["name"] == _SECRET
    ]
    if "default" in elsewhere:
        return _(
            "There is one in namespace default: -n was forgotten. An Ingress sees Secrets of its own namespace only. "
            "Nothing fails by that: the controller shows a certificate that it has made itself."
        )
    if elsewhere:
        return _(
            "There is one in {elsewhere}, and as it is good for every name below example.com, the controller shows it "
            "for {host}, too: by chance, until the other Ingress goes. An Ingress names a Secret of its namespace."
        ).format(elsewhere=elsewhere[0], host=f"{project}.example.com")
    return _("Nothing fails without it: the controller shows a certificate that it has made itself.")


def _expect_shown(lab: CheckContext, host: str) -> None:
    try:
        entrance.ask(lab, f"https://{host}/version", lab.workspace / _AUTHORITY)
    except ssl.SSLCertVerificationError as error:
        raise Unsettled(
            _("a certificate for {host} by the authority in {file}").format(host=host, file=_AUTHORITY),
            seen=error.verify_message or str(error),
            hint=_("Which Secret does its Ingress name under `tls`, and is the host listed there?"),
            next_step="kubectl -n kube-system logs deployment/traefik --since=2m | grep -i tls",
        ) from error


def _text(secret: Object) -> str:
    return base64.b64decode(secret.get("data", {}).get("tls.crt", "")).decode(errors="replace")


def _create(project: str) -> str:
    # One that is there stands in the way of a new one, and its type cannot be changed.
    return (
        f"kubectl -n {project} delete secret {_SECRET} --ignore-not-found && "
        f"kubectl -n {project} create secret tls {_SECRET} --cert=tls/tls.crt --key=tls/tls.key"
    )
