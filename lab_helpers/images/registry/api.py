"""The registry asked over its HTTP API: is it up, what does it hold, take this image."""

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
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from lab_helpers import wait
from lab_helpers.errors import LabError, Unauthorized
from lab_helpers.images.layout import MANIFEST_TYPE, Blob, Image, ImageLayout
from lab_helpers.images.registry.identity import Registry
from lab_helpers.images.registry.tokens import bearer
from lab_helpers.language import gettext as _

__all__ = ["digest", "is_up", "push", "sign_in", "tags", "wait_up"]

T = TypeVar("T")

_TIMEOUT_SECONDS = 30.0
# A registry that was killed is started again. What is asked of it may be asked twice: blobs and manifests are named by
# what is in them, and an upload that was cut off is begun anew.
_PATIENCE_SECONDS = 10.0
_CHUNK = 1 << 20
_MANIFEST_TYPES = f"{MANIFEST_TYPE}, application/vnd.docker.distribution.manifest.v2+json"


def is_up(registry: Registry) -> bool:
    """Whether the registry answers under its name, with a certificate of its authority: True, or an error.

    Raises:
        LabError: It does not, or lets strangers in.
    """
    with _connected(registry) as connection:
        status = connection.ask("GET", "/v2/", authorize=False).status
    if status != HTTPStatus.UNAUTHORIZED:
        raise LabError(_("answered {status} to a stranger").format(status=status), object=registry.endpoint)
    return True


def wait_up(registry: Registry, seconds: float) -> None:
    """Wait until the registry is up.

    Raises:
        WaitTimeout: It was not in time; the last event says how it answered instead.
    """
    wait.until(lambda: is_up(registry), seconds=seconds, what="answer", object=_called(registry.endpoint))


def sign_in(registry: Registry) -> None:
    """Make sure that the registry answers, takes the credentials, and nobody without them.

    Raises:
        LabError: It does not answer, refuses them, or lets strangers in.
    """
    with _connected(registry) as connection:
        if connection.ask("GET", "/v2/", authorize=False).status == HTTPStatus.OK:
            reason = _("lets strangers in, so that no pull secret can be proven with it")
            raise LabError(reason, object=_called(registry.host), next_step="--registry OTHER-HOST/PREFIX")
        _expect(connection.ask("GET", "/v2/"), HTTPStatus.OK, _called(registry.host))


def tags(registry: Registry, repository: str) -> tuple[str, ...]:
    """The tags pushed to a repository so far, sorted; none for a repository nothing was pushed to.

    Args:
        registry: The registry to ask.
        repository: As in ``org/prj-02``.

    Raises:
        LabError: The registry does not answer or refuses the credentials.
    """
    answer = _patiently(
        registry, lambda connection: connection.ask("GET", f"/v2/{registry.path(repository)}/tags/list")
    )
    if answer.status == HTTPStatus.NOT_FOUND:
        return ()
    _expect(answer, HTTPStatus.OK, f"{registry.root}/{repository}")
    return tuple(sorted(json.loads(answer.body)["tags"] or ()))


def digest(registry: Registry, repository: str, tag: str) -> str:
    """The digest of the manifest behind a tag, as in ``sha256:4bc…``.

    Raises:
        LabError: There is no such tag, the registry does not answer, or it refuses the credentials.
    """
    reference = f"{registry.root}/{repository}:{tag}"
    found = _patiently(registry, lambda connection: connection.digest(registry.path(repository), tag) or "")
    if not found:
        raise LabError(_("no such tag was pushed"), object=reference, next_step=_("push it, or name one that was"))
    return found


def push(layout: ImageLayout, image: Image, registry: Registry, repository: str, tag: str) -> str:
    """Push an image, whatever of it the registry does not have yet, and return its digest.

    Raises:
        LabError: The registry does not answer, refuses the credentials or refuses the image.
    """
    repository = registry.path(repository)

    def upload(connection: _Connection) -> str:
        # Longer than one waits to hear what is there: a registry answers once it has kept a whole layer.
        connection.timeout = _TIMEOUT_SECONDS
        if connection.digest(repository, tag) != image.manifest.digest:
            for blob in image.parts:
                connection.upload(repository, blob, layout.path(blob))
            body = layout.path(image.manifest).read_bytes()
            headers = {"Content-Type": image.manifest.media_type}
            answer = connection.ask("PUT", f"/v2/{repository}/manifests/{tag}", body=body, headers=headers)
            _expect(answer, HTTPStatus.CREATED, f"{registry.host}/{repository}:{tag}")
        return image.manifest.digest

    return _patiently(registry, upload)


@dataclass(frozen=True)
class _RegistryResponse:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class _Connection(http.client.HTTPSConnection):
    """HTTPS to the registry's address in the registry's name, trusting its own authority and nobody else."""

    def __init__(self, registry: Registry) -> None:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.load_verify_locations(registry.ca_certificate)
        # Without a context of ours it would read all authorities of the system, each time.
        super().__init__(
            registry.hostname, registry.port, timeout=wait.at_most(_TIMEOUT_SECONDS), blocksize=_CHUNK, context=trust
        )
        self._registry = registry
        self._trust = trust
        self._authorization = registry.authorization

    def connect(self) -> None:
        plain = socket.create_connection((self._registry.address, self._registry.port), self.timeout)
        # Header and body are two small writes: the second would wait 40 ms for the first's acknowledgement.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self._registry.hostname)

    def ask(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        file: Path | None = None,
        headers: Mapping[str, str] | None = None,
        authorize: bool = True,
    ) -> _RegistryResponse:
        def ask_once() -> _RegistryResponse:
            shown = {"Authorization": self._authorization} if authorize else {}
            return self._ask_once(method, target, body, file, {**(headers or {}), **shown})

        answer = ask_once()
        if authorize and answer.status == HTTPStatus.UNAUTHORIZED:
            token = bearer(answer.headers.get("WWW-Authenticate", ""), self._registry)
            if token is not None:
                self._authorization = token
                answer = ask_once()
        return answer

    def _ask_once(
        self, method: str, target: str, body: bytes | None, file: Path | None, headers: Mapping[str, str]
    ) -> _RegistryResponse:
        if file is None:
            self.request(method, target, body, dict(headers))
        else:
            with file.open("rb") as content:
                self.request(method, target, content, {**headers, "Content-Length": str(file.stat().st_size)})
        response = self.getresponse()
        return _RegistryResponse(response.status, response.headers, response.read())

    def digest(self, repository: str, tag: str) -> str | None:
        answer = self.ask("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": _MANIFEST_TYPES})
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        _expect(answer, HTTPStatus.OK, f"{self._registry.host}/{repository}:{tag}")
        return answer.headers["Docker-Content-Digest"]

    def upload(self, repository: str, blob: Blob, file: Path) -> None:
        if self.ask("HEAD", f"/v2/{repository}/blobs/{blob.digest}").status == HTTPStatus.OK:
            return
        name = f"{self._registry.host}/{repository}"
        begun = self.ask("POST", f"/v2/{repository}/blobs/uploads/")
        _expect(begun, HTTPStatus.ACCEPTED, name)
        # The registry chose where to upload to, its own state in the query; only the digest is ours to add.
        place = urlsplit(begun.headers["Location"])
        target = f"{place.path}?{place.query}&{urlencode({'digest': blob.digest})}"
        answer = self.ask("PUT", target, file=file, headers={"Content-Type": "application/octet-stream"})
        _expect(answer, HTTPStatus.CREATED, name)


class _RegistryUnreachable(LabError):
    """The registry did not answer, or the connection was cut."""


def _patiently(registry: Registry, ask: Callable[[_Connection], T]) -> T:
    """Ask the registry, and again where it is just being started again.

    Raises:
        WaitTimeout: It could not be reached for all of the patience.
        LabError: What the asking raised, the first time.
    """

    def attempt() -> list[T | LabError]:
        try:
            with _connected(registry) as connection:
                return [ask(connection)]
        except _RegistryUnreachable:
            raise  # which is "not yet"
        except LabError as error:
            return [error]

    called = _called(registry.endpoint)
    [answer] = wait.until(
        attempt, seconds=_PATIENCE_SECONDS, what="answer", object=called, next_step="lab status", every=0.1
    )
    if isinstance(answer, LabError):
        raise answer
    return answer


@contextmanager
def _connected(registry: Registry) -> Iterator[_Connection]:
    try:
        with closing(_Connection(registry)) as connection:
            yield connection
    except (OSError, http.client.HTTPException) as error:
        reason = _("does not answer as {host}: {error}").format(host=registry.host, error=error)
        # Another's certificate stays another's, and files of a lab that is gone are gone, however often one asks.
        kind = (
            LabError if isinstance(error, (ssl.SSLCertVerificationError, FileNotFoundError)) else _RegistryUnreachable
        )
        raise kind(reason, object=_called(registry.endpoint), next_step="lab status") from error


def _called(registry: str) -> str:
    return _("registry {registry}").format(registry=registry)


def _expect(answer: _RegistryResponse, status: HTTPStatus, name: str) -> None:
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorized(_("the registry refused the user name or password"), object=name, next_step="lab status")
    if answer.status != status:
        reason = _("the registry answered {status} instead of {expected}")
        reason = reason.format(status=answer.status, expected=status.value)
        raise LabError(reason, object=name, last_event=answer.body.decode(errors="replace")[:500])
