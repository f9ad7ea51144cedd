"""A connection to a registry: requests with its credentials, sent again while it is being restarted."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from lab_helpers import wait
from lab_helpers.errors import LabError, Unauthorized
from lab_helpers.images.layout import MANIFEST_TYPE, Blob
from lab_helpers.images.registry.identity import Registry
from lab_helpers.images.registry.tokens import bearer
from lab_helpers.language import gettext as _

__all__ = [
    "MANIFEST_TYPES",
    "TIMEOUT_SECONDS",
    "Connection",
    "RegistryResponse",
    "connected",
    "expect",
    "object_name",
    "with_retries",
]

T = TypeVar("T")

MANIFEST_TYPES = f"{MANIFEST_TYPE}, application/vnd.docker.distribution.manifest.v2+json"
TIMEOUT_SECONDS = 30.0
# A killed registry is restarted. Requests may be retried: blobs and manifests are content-addressed, and an interrupted
# upload starts over.
_PATIENCE_SECONDS = 10.0
_CHUNK = 1 << 20


@dataclass(frozen=True)
class RegistryResponse:
    """What the registry answered: its status, headers and whole body."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Connection(http.client.HTTPSConnection):
    """HTTPS to the registry's address under the registry's name, trusting its own CA only."""

    def __init__(self, registry: Registry) -> None:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.load_verify_locations(registry.ca_certificate)
        # Without a context, it would load the system's CAs each time.
        super().__init__(
            registry.hostname, registry.port, timeout=wait.at_most(TIMEOUT_SECONDS), blocksize=_CHUNK, context=trust
        )
        self._registry = registry
        self._trust = trust
        self._authorization = registry.authorization

    def connect(self) -> None:
        """Connect to the registry's address, and expect a certificate of its name."""
        plain = socket.create_connection((self._registry.address, self._registry.port), self.timeout)
        # Header and body are two small writes: without this the second waits 40 ms for the first's acknowledgement.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self._registry.hostname)

    def send_request(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        file: Path | None = None,
        headers: Mapping[str, str] | None = None,
        authorize: bool = True,
    ) -> RegistryResponse:
        """Send a request, once more with a token where the registry asks for one.

        Args:
            method: As in ``PUT``.
            target: Path and query.
            body: What is sent.
            file: Or what a file holds.
            headers: Further headers.
            authorize: Whether the credentials are sent.

        Raises:
            OSError: The connection was refused or lost.
            http.client.HTTPException: So was the answer.
        """

        def send_once() -> RegistryResponse:
            shown = {"Authorization": self._authorization} if authorize else {}
            return self._send(method, target, body, file, {**(headers or {}), **shown})

        response = send_once()
        if authorize and response.status == HTTPStatus.UNAUTHORIZED:
            token = bearer(response.headers.get("WWW-Authenticate", ""), self._registry)
            if token is not None:
                self._authorization = token
                response = send_once()
        return response

    def _send(
        self, method: str, target: str, body: bytes | None, file: Path | None, headers: Mapping[str, str]
    ) -> RegistryResponse:
        if file is None:
            self.request(method, target, body, dict(headers))
        else:
            with file.open("rb") as content:
                self.request(method, target, content, {**headers, "Content-Length": str(file.stat().st_size)})
        response = self.getresponse()
        if response.status == HTTPStatus.BAD_GATEWAY:  # who answers for the registry is up before it is
            raise ConnectionError(f"{response.status} {response.reason}")
        return RegistryResponse(response.status, response.headers, response.read())

    def digest(self, repository: str, tag: str) -> str | None:
        """The digest of a tag's manifest; None where there is no such tag."""
        response = self.send_request("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": MANIFEST_TYPES})
        if response.status == HTTPStatus.NOT_FOUND:
            return None
        expect(response, HTTPStatus.OK, f"{self._registry.host}/{repository}:{tag}")
        return response.headers["Docker-Content-Digest"]

    def upload(self, repository: str, blob: Blob, file: Path) -> None:
        """Upload a blob that the registry does not have yet."""
        if self.send_request("HEAD", f"/v2/{repository}/blobs/{blob.digest}").status == HTTPStatus.OK:
            return
        name = f"{self._registry.host}/{repository}"
        upload = self.send_request("POST", f"/v2/{repository}/blobs/uploads/")
        expect(upload, HTTPStatus.ACCEPTED, name)
        # The registry chooses the upload URL, with its state in the query; only the digest is added.
        location = urlsplit(upload.headers["Location"])
        target = f"{location.path}?{location.query}&{urlencode({'digest': blob.digest})}"
        response = self.send_request("PUT", target, file=file, headers={"Content-Type": "application/octet-stream"})
        expect(response, HTTPStatus.CREATED, name)


class _RegistryUnreachable(LabError):
    """The registry did not respond, or the connection was lost."""


def with_retries(registry: Registry, request: Callable[[Connection], T]) -> T:
    """Send a request to the registry, retrying while it is being restarted.

    Raises:
        WaitTimeout: It was unreachable for ten seconds.
        LabError: The error of the first response.
    """

    def attempt() -> list[T | LabError]:
        try:
            with connected(registry) as connection:
                return [request(connection)]
        except _RegistryUnreachable:
            raise  # which means "not yet"
        except LabError as error:
            return [error]

    name = object_name(registry.endpoint)
    [result] = wait.until(
        attempt, seconds=_PATIENCE_SECONDS, outcome="answer", object=name, next_step="lab status", every=0.1
    )
    if isinstance(result, LabError):
        raise result
    return result


@contextmanager
def connected(registry: Registry) -> Iterator[Connection]:
    """A connection for the time of a ``with`` statement.

    Raises:
        LabError: The registry is unreachable, or its certificate is not of its CA.
    """
    try:
        with closing(Connection(registry)) as connection:
            yield connection
    except (OSError, http.client.HTTPException) as error:
        reason = _("does not answer as {host}: {error}").format(host=registry.host, error=error)
        # A wrong certificate and the missing files of a deleted lab do not change with a retry.
        kind = (
            LabError if isinstance(error, (ssl.SSLCertVerificationError, FileNotFoundError)) else _RegistryUnreachable
        )
        raise kind(reason, object=object_name(registry.endpoint), next_step="lab status") from error


def object_name(registry: str) -> str:
    """What an error calls the registry at an endpoint or host."""
    return _("registry {registry}").format(registry=registry)


def expect(response: RegistryResponse, status: HTTPStatus, name: str) -> None:
    """Make sure of a response's status.

    Raises:
        Unauthorized: The registry refused the credentials.
        LabError: It answered with another status.
    """
    if response.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorized(_("the registry refused the user name or password"), object=name, next_step="lab status")
    if response.status != status:
        reason = _("the registry answered {status} instead of {expected}")
        reason = reason.format(status=response.status, expected=status.value)
        raise LabError(reason, object=name, last_event=response.body.decode(errors="replace")[:500])
