"""Tokens for registries that want one: ask whoever the registry names, with the password, for this very request."""

from __future__ import annotations

import json
import re
import ssl
import urllib.request
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode

from lab_helpers.errors import LabError
from lab_helpers.images.registry.identity import Registry
from lab_helpers.language import gettext as _

__all__ = ["bearer"]

_SECONDS = 30.0
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


def bearer(challenge: str, registry: Registry) -> str | None:
    """The ``Authorization`` that answers a challenge; None where it does not ask for a token.

    Args:
        challenge: The registry's ``WWW-Authenticate``.
        registry: Whose user name and password are shown to get the token.

    Raises:
        LabError: Who gives tokens does not answer, refuses the credentials, or would get them unencrypted.
    """
    scheme, _space, rest = challenge.partition(" ")
    if scheme.lower() != "bearer":
        return None
    told = dict(_PARAMETER.findall(rest))
    realm = told.get("realm", "")
    if not realm.startswith("https://"):
        called = _("registry {registry}").format(registry=registry.host)
        raise LabError(_("asks for the password without encryption"), object=called, last_event=realm)
    query = urlencode({name: told[name] for name in ("service", "scope") if name in told})
    request = urllib.request.Request(f"{realm}?{query}", headers={"Authorization": registry.authorization})  # noqa: S310
    trust = ssl.create_default_context()
    trust.load_verify_locations(registry.ca_certificate)
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS, context=trust) as answer:  # noqa: S310 - https, see above
            given = json.loads(answer.read())
        token = str(given.get("token") or given["access_token"])
    except (URLError, OSError, ValueError, KeyError) as error:
        if isinstance(error, HTTPError):
            error.close()
        reason = _("gave no token: {error}").format(error=error)
        raise LabError(reason, object=realm, next_step=f"docker login {registry.host}") from error
    return f"Bearer {token}"
