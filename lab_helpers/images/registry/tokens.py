"""Bearer tokens for registries with token authentication."""

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
    """The ``Authorization`` header for a Bearer challenge; None for any other challenge.

    Args:
        challenge: The registry's ``WWW-Authenticate`` header.
        registry: The registry, with the credentials for its token server.

    Raises:
        LabError: The token server is unreachable, rejects the credentials, or does not use HTTPS.
    """
    scheme, _space, rest = challenge.partition(" ")
    if scheme.lower() != "bearer":
        return None
    parameters = dict(_PARAMETER.findall(rest))
    realm = parameters.get("realm", "")
    if not realm.startswith("https://"):
        object_name = _("registry {registry}").format(registry=registry.host)
        raise LabError(_("asks for the password without encryption"), object=object_name, last_event=realm)
    query = urlencode({name: parameters[name] for name in ("service", "scope") if name in parameters})
    request = urllib.request.Request(f"{realm}?{query}", headers={"Authorization": registry.authorization})  # noqa: S310
    trust = ssl.create_default_context()
    trust.load_verify_locations(registry.ca_certificate)
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS, context=trust) as response:  # noqa: S310 - https, see above
            payload = json.loads(response.read())
        token = str(payload.get("token") or payload["access_token"])
    except (URLError, OSError, ValueError, KeyError) as error:
        if isinstance(error, HTTPError):
            error.close()
        reason = _("gave no token: {error}").format(error=error)
        raise LabError(reason, object=realm, next_step=f"docker login {registry.host}") from error
    return f"Bearer {token}"
