"""The registry's HTTP API: check that it is up, list tags, resolve digests, push images."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from lab_helpers import wait
from lab_helpers.errors import LabError, Unauthorized
from lab_helpers.images.layout import MANIFEST_TYPE, Blob, Image, ImageLayout
from lab_helpers.images.registry.identity import Registry
from lab_helpers.images.registry.tokens import bearer
from lab_helpers.language import gettext as _

__all__ = ["delete", "describe", "digest", "is_up", "push", "sign_in", "tags", "wait_up"]

T = TypeVar("T")

_TIMEOUT_SECONDS = 30.0
# A killed registry is restarted. Requests may be retried: blobs and manifests are content-addressed, and an interrupted
# upload starts over.
_PATIENCE_SECONDS = 10.0
_CHUNK = 1 << 20
_MANIFEST_TYPES = f"{MANIFEST_TYPE}, application/vnd.docker.distribution.manifest.v2+json"


def is_up(registry: Registry) -> bool:
    """True if the registry serves under its name with a certificate of its CA, and requires credentials.

    Raises:
        LabError: It does not.
    """
    with _connected(registry) as connection:
        status = connection.send_request("GET", "/v2/", authorize=False).status
    if status != HTTPStatus.UNAUTHORIZED:
        raise LabError(_("answered {status} to a stranger").format(status=status), object=registry.endpoint)
    return True


def wait_up(registry: Registry, seconds: float) -> None:
    """Wait until the registry is up.

    Raises:
        WaitTimeout: It was not in time; the last event is its last error.
    """
    wait.until(lambda: is_up(registry), seconds=seconds, outcome="answer", object=_object_name(registry.endpoint))


def sign_in(registry: Registry) -> None:
    """Make sure that the registry accepts the credentials, and rejects requests without any.

    Raises:
        LabError: It is unreachable, rejects the credentials, or allows anonymous access.
    """
    with _connected(registry) as connection:
        if connection.send_request("GET", "/v2/", authorize=False).status == HTTPStatus.OK:
            reason = _("lets strangers in, so that no pull secret can be proven with it")
            raise LabError(reason, object=_object_name(registry.host), next_step="--registry OTHER-HOST/PREFIX")
        _expect(connection.send_request("GET", "/v2/"), HTTPStatus.OK, _object_name(registry.host))


def tags(registry: Registry, repository: str) -> tuple[str, ...]:
    """The tags of a repository, sorted; empty if the repository does not exist.

    Args:
        registry: The registry.
        repository: As in ``org/app``.

    Raises:
        LabError: The registry is unreachable or rejects the credentials.
    """
    response = _with_retries(
        registry, lambda connection: connection.send_request("GET", f"/v2/{registry.path(repository)}/tags/list")
    )
    if response.status == HTTPStatus.NOT_FOUND:
        return ()
    _expect(response, HTTPStatus.OK, f"{registry.root}/{repository}")
    return tuple(sorted(json.loads(response.body)["tags"] or ()))


def digest(registry: Registry, repository: str, tag: str) -> str:
    """The digest of a tag's manifest, as in ``sha256:4bc…``.

    Raises:
        LabError: There is no such tag, or the registry is unreachable or rejects the credentials.
    """
    reference = f"{registry.root}/{repository}:{tag}"
    manifest_digest = _with_retries(
        registry, lambda connection: connection.digest(registry.path(repository), tag) or ""
    )
    if not manifest_digest:
        raise LabError(_("no such tag was pushed"), object=reference, next_step=_("push it, or name one that was"))
    return manifest_digest


def describe(registry: Registry, repository: str, reference: str) -> dict[str, Any]:
    """The configuration of an image, as the image specification has it.

    Args:
        registry: The registry.
        repository: As in ``org/app``.
        reference: Its tag, or its digest.

    Raises:
        LabError: There is no such image, or the registry is unreachable or rejects the credentials.
    """

    def read(connection: _Connection) -> list[dict[str, Any]]:
        name, path = f"{registry.root}/{repository}:{reference}", registry.path(repository)
        response = connection.send_request(
            "GET", f"/v2/{path}/manifests/{reference}", headers={"Accept": _MANIFEST_TYPES}
        )
        _expect(response, HTTPStatus.OK, name)
        blob = json.loads(response.body)["config"]["digest"]
        response = connection.send_request("GET", f"/v2/{path}/blobs/{blob}")
        _expect(response, HTTPStatus.OK, name)
        return [json.loads(response.body)]

    [configuration] = _with_retries(registry, read)
    return configuration


def delete(registry: Registry, repository: str, tag: str) -> None:
    """Delete the image that a tag names, where there is one, under all its tags.

    Raises:
        LabError: The registry is unreachable, or refuses it.
    """
    path = registry.path(repository)

    def remove(connection: _Connection) -> bool:
        manifest_digest = connection.digest(path, tag)
        if manifest_digest is not None:
            response = connection.send_request("DELETE", f"/v2/{path}/manifests/{manifest_digest}")
            _expect(response, HTTPStatus.ACCEPTED, f"{registry.root}/{repository}:{tag}")
        return True

    _with_retries(registry, remove)


def push(layout: ImageLayout, image: Image, registry: Registry, repository: str, tag: str) -> str:
    """Push an image, skipping the blobs that the registry has, and return its digest.

    Raises:
        LabError: The registry is unreachable, or rejects the credentials or the image.
    """
    repository = registry.path(repository)

    def upload(connection: _Connection) -> str:
        # Longer than for other requests: a registry responds once it has stored a whole layer.
        connection.timeout = _TIMEOUT_SECONDS
        if connection.digest(repository, tag) != image.manifest.digest:
            for blob in image.parts:
                connection.upload(repository, blob, layout.path(blob))
            body = layout.path(image.manifest).read_bytes()
            headers = {"Content-Type": image.manifest.media_type}
            response = connection.send_request("PUT", f"/v2/{repository}/manifests/{tag}", body=body, headers=headers)
            _expect(response, HTTPStatus.CREATED, f"{registry.host}/{repository}:{tag}")
        return image.manifest.digest

    return _with_retries(registry, upload)


@dataclass(frozen=True)
class _RegistryResponse:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class _Connection(http.client.HTTPSConnection):
    """HTTPS to the registry's address under the registry's name, trusting its own CA only."""

    def __init__(self, registry: Registry) -> None:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.load_verify_locations(registry.ca_certificate)
        # Without a context, it would load the system's CAs each time.
        super().__init__(
            registry.hostname, registry.port, timeout=wait.at_most(_TIMEOUT_SECONDS), blocksize=_CHUNK, context=trust
        )
        self._registry = registry
        self._trust = trust
        self._authorization = registry.authorization

    def connect(self) -> None:
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
    ) -> _RegistryResponse:
        def send_once() -> _RegistryResponse:
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
    ) -> _RegistryResponse:
        if file is None:
            self.request(method, target, body, dict(headers))
        else:
            with file.open("rb") as content:
                self.request(method, target, content, {**headers, "Content-Length": str(file.stat().st_size)})
        response = self.getresponse()
        if response.status == HTTPStatus.BAD_GATEWAY:  # who answers for the registry is up before it is
            raise ConnectionError(f"{response.status} {response.reason}")
        return _RegistryResponse(response.status, response.headers, response.read())

    def digest(self, repository: str, tag: str) -> str | None:
        response = self.send_request("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": _MANIFEST_TYPES})
        if response.status == HTTPStatus.NOT_FOUND:
            return None
        _expect(response, HTTPStatus.OK, f"{self._registry.host}/{repository}:{tag}")
        return response.headers["Docker-Content-Digest"]

    def upload(self, repository: str, blob: Blob, file: Path) -> None:
        if self.send_request("HEAD", f"/v2/{repository}/blobs/{blob.digest}").status == HTTPStatus.OK:
            return
        name = f"{self._registry.host}/{repository}"
        upload = self.send_request("POST", f"/v2/{repository}/blobs/uploads/")
        _expect(upload, HTTPStatus.ACCEPTED, name)
        # The registry chooses the upload URL, with its state in the query; only the digest is added.
        location = urlsplit(upload.headers["Location"])
        target = f"{location.path}?{location.query}&{urlencode({'digest': blob.digest})}"
        response = self.send_request("PUT", target, file=file, headers={"Content-Type": "application/octet-stream"})
        _expect(response, HTTPStatus.CREATED, name)


class _RegistryUnreachable(LabError):
    """The registry did not respond, or the connection was lost."""


def _with_retries(registry: Registry, request: Callable[[_Connection], T]) -> T:
    """Send a request to the registry, retrying while it is being restarted.

    Raises:
        WaitTimeout: It was unreachable for ``_PATIENCE_SECONDS``.
        LabError: The error of the first response.
    """

    def attempt() -> list[T | LabError]:
        try:
            with _connected(registry) as connection:
                return [request(connection)]
        except _RegistryUnreachable:
            raise  # which means "not yet"
        except LabError as error:
            return [error]

    object_name = _object_name(registry.endpoint)
    [result] = wait.until(
        attempt, seconds=_PATIENCE_SECONDS, outcome="answer", object=object_name, next_step="lab status", every=0.1
    )
    if isinstance(result, LabError):
        raise result
    return result


@contextmanager
def _connected(registry: Registry) -> Iterator[_Connection]:
    try:
        with closing(_Connection(registry)) as connection:
            yield connection
    except (OSError, http.client.HTTPException) as error:
        reason = _("does not answer as {host}: {error}").format(host=registry.host, error=error)
        # A wrong certificate and the missing files of a deleted lab do not change with a retry.
        kind = (
            LabError if isinstance(error, (ssl.SSLCertVerificationError, FileNotFoundError)) else _RegistryUnreachable
        )
        raise kind(reason, object=_object_name(registry.endpoint), next_step="lab status") from error


def _object_name(registry: str) -> str:
    return _("registry {registry}").format(registry=registry)


def _expect(response: _RegistryResponse, status: HTTPStatus, name: str) -> None:
    if response.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorized(_("the registry refused the user name or password"), object=name, next_step="lab status")
    if response.status != status:
        reason = _("the registry answered {status} instead of {expected}")
        reason = reason.format(status=response.status, expected=status.value)
        raise LabError(reason, object=name, last_event=response.body.decode(errors="replace")[:500])
