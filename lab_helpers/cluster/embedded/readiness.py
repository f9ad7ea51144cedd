"""Asking a cluster whether it is ready, by plain requests: loading a client library takes half as long as a node."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any

from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.errors import LabError
from lab_helpers.kube.conditions import is_ready
from lab_helpers.language import gettext as _

__all__ = ["ApiServer"]


class ApiServer:
    """The API server of a cluster, seen from the host with the administrator's certificate.

    Args:
        layout: The cluster.
    """

    def __init__(self, layout: EmbeddedLayout) -> None:
        self._address, self._port = layout.local_api
        self._tls = ssl.create_default_context(cafile=str(layout.pki / "ca.crt"))
        self._tls.load_cert_chain(
            layout.pki / "apiserver-kubelet-client.crt", layout.pki / "apiserver-kubelet-client.key"
        )

    def get(self, path: str) -> dict[str, Any]:
        """Get an object.

        Raises:
            LabError: There is no answer, or it is not an object.
        """
        return dict(json.loads(self._answer(path)))

    def read(self, path: str) -> dict[str, Any] | None:
        """What an address holds; None where there is nothing."""
        status, body = self._ask(path)
        return None if status == http.client.NOT_FOUND else dict(json.loads(_expect_ok(status, body, path)))

    def is_ready(self) -> bool:
        """Whether it serves, and its own post-start hooks are done."""
        return self._answer("/readyz") == b"ok"

    def is_node_ready(self, name: str) -> bool:
        """Whether a node has registered and its kubelet says Ready."""
        return is_ready(self.get(f"/api/v1/nodes/{name}"))

    def _answer(self, path: str) -> bytes:
        return _expect_ok(*self._ask(path), path)

    def _ask(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(self._address, self._port, timeout=5, context=self._tls)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise LabError(_("does not answer: {error}").format(error=error), object=_("API server")) from error
        finally:
            connection.close()


def _expect_ok(status: int, body: bytes, path: str) -> bytes:
    if status != http.client.OK:
        reason = _("answers {status} to {path}").format(status=status, path=path)
        raise LabError(reason, object=_("API server"), last_event=body.decode()[-500:])
    return body
