"""Send HTTP requests to one API server: authenticated, with timeouts, retried while the server restarts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, cast
from urllib.parse import urlencode

from lab_helpers import wait
from lab_helpers.errors import Forbidden, LabError, Unauthorized
from lab_helpers.kube.configuration import load_configuration
from lab_helpers.language import gettext as _

__all__ = ["LineStream", "Object", "Query", "Response", "Transport", "error_class"]

Object = dict[str, Any]
"""A Kubernetes object as decoded JSON."""

Query = Sequence[tuple[str, str]]
"""Query parameters; a name may occur more than once."""

_Request = tuple[str, str, Query, dict[str, str], Object | None]

# Status codes of a server that starts, stops or is overloaded; any other one is about the request.
_RETRIABLE = frozenset({429, 500, 502, 503, 504})
_REQUEST_SECONDS = 15.0
# The server's kernel accepts a connection, however busy the server is.
_CONNECT_SECONDS = 3.0
# A stream without data for this long is reopened: a server that vanished does not close its connections.
_SILENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Response:
    """A response of the API server.

    Attributes:
        status: The HTTP status code.
        content: The body, undecoded.
    """

    status: int
    content: bytes

    @property
    def is_ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def object(self) -> Object:
        """The body decoded as a JSON object.

        Raises:
            LabError: It is not a JSON object, as when something other than an API server listens on its address.
        """
        try:
            decoded = json.loads(self.content)
        except ValueError as error:
            reason = _("answered {status} with something that is not JSON").format(status=self.status)
            raise LabError(reason, object=_("API server")) from error
        if not isinstance(decoded, dict):
            raise LabError(_("answered with JSON that is no object"), object=_("API server"))
        return decoded

    def message(self) -> str:
        """The server's message of a failed response, with the HTTP status."""
        try:
            message = json.loads(self.content).get("message", "")
        except (ValueError, AttributeError):
            message = self.content.decode(errors="replace").strip()[:300]
        return f"{message or _('no reason given')} (HTTP {self.status})"

    def error(self, object_name: str, next_step: str) -> LabError:
        """The error of a failed response; see ``error_class``.

        Args:
            object_name: The object of the request, as in ``deployment/web``.
            next_step: The command to type next.
        """
        return error_class(self.status)(self.message(), object=object_name, next_step=next_step)


def error_class(status: int) -> type[LabError]:
    """Map a failed response to an exception: 401 Unauthorized, 403 Forbidden, else LabError."""
    classes: dict[int, type[LabError]] = {HTTPStatus.UNAUTHORIZED: Unauthorized, HTTPStatus.FORBIDDEN: Forbidden}
    return classes.get(status, LabError)


class LineStream:
    """The lines of a streaming response, until the server, the network or ``close`` ends it."""

    def __init__(self, response: Any) -> None:  # noqa: ANN401 - urllib3 is imported late
        self._response = response
        self._is_closed = False
        self._timed_out = False

    @property
    def timed_out(self) -> bool:
        """Whether the stream ended by the read timeout; a broken connection ends it at once."""
        return self._timed_out

    def __iter__(self) -> Iterator[str]:
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        rest = b""
        try:
            for chunk in self._response.stream():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if self._is_closed:
                        return
                    yield line.decode(errors="replace")
        except (HTTPError, OSError) as error:
            self._timed_out = isinstance(error, ReadTimeoutError)
            return  # connection lost: an incomplete last line is dropped, the reader resumes before it
        if rest and not self._is_closed:
            yield rest.decode(errors="replace")

    def close(self) -> None:
        """End the stream; a thread blocked on its next line returns at once."""
        self._is_closed = True
        try:
            self._response.shutdown()
        except (OSError, RuntimeError, ValueError):
            return  # it has ended already

    def __enter__(self) -> LineStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        self._response.close()


class Transport:
    """The connection pool of one API server, safe to share between threads.

    Args:
        kubeconfig: The server and the credentials.
        context: The context to use; by default the current one.
        patience_seconds: How long requests are retried while the server is unreachable or overloaded.
        expect_running: Called after each failed attempt; raises a final error when the server no longer exists.

    Raises:
        LabError: The kubeconfig is invalid.
    """

    def __init__(
        self,
        kubeconfig: Path,
        context: str | None,
        patience_seconds: float,
        expect_running: Callable[[], None] | None = None,
    ) -> None:
        from kubernetes.client import ApiClient

        configuration = load_configuration(kubeconfig, context)
        configuration.retries = False  # this class retries by itself
        self.configuration = configuration
        self.server = str(configuration.host)
        self._name = _("API server {address}").format(address=self.server)
        self._api: Any = ApiClient(configuration)
        self._patience_seconds = patience_seconds
        self._expect_running = expect_running

    def call(
        self,
        method: str,
        path: str,
        query: Query = (),
        *,
        body: Object | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Response:
        """Send a request that is safe to retry, and return the whole response, whatever its status.

        Within one look (see ``lab_helpers.wait``) equal GET requests are sent once.

        Raises:
            WaitTimeout: The server was unreachable or overloaded for ``patience_seconds``.
        """
        headers = {"Accept": accept, "Content-Type": content_type}
        look, cache_key = wait.current_look(), (self, path, tuple(query), accept)
        if look is not None and method == "GET" and cache_key in look.reads:
            return cast(Response, look.reads[cache_key])
        with self._open((method, path, query, headers, body)) as http_response:
            response = Response(http_response.status, http_response.data)
        if look is not None and method == "GET":
            look.reads[cache_key] = response
        elif look is not None:
            look.forget()
        return response

    def lines(self, path: str, query: Query = ()) -> Response | LineStream:
        """Open a streaming response; a failed request returns its ``Response`` instead.

        Raises:
            WaitTimeout: The server was unreachable or overloaded for ``patience_seconds``.
        """
        headers = {"Accept": "application/json, */*"}
        response = self._open(("GET", path, query, headers, None), silence_seconds=_SILENCE_SECONDS)
        return LineStream(response) if response.status == 200 else Response(response.status, response.data)

    def signed(self, path: str, query: Query = ()) -> tuple[str, dict[str, str]]:
        """The URL and the headers of an authenticated GET request, for protocols this class does not implement."""
        _method, url, headers, *_rest = self._api.param_serialize("GET", path, auth_settings=["BearerToken"])
        return f"{url}?{urlencode(query)}", dict(headers)

    def _open(self, request: _Request, *, silence_seconds: float | None = None) -> Any:  # noqa: ANN401
        last_error = ""

        def attempt() -> Any:  # noqa: ANN401
            nonlocal last_error
            response, last_error = self._try(request, silence_seconds)
            if response is None and self._expect_running is not None:
                self._expect_running()
            return response

        return wait.until(
            attempt,
            seconds=self._patience_seconds,
            outcome="answer",
            object=self._name,
            last_event=lambda: last_error,
            next_step="lab status",
            every=0.2,
        )

    def _try(self, request: _Request, silence_seconds: float | None) -> tuple[Any, str]:
        """Send once: the response and "", or None and why to retry."""
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        method, path, query, headers, body = request
        # Serialized anew for each attempt: a token may have been renewed in between.
        serialized = self._api.param_serialize(
            method,
            path,
            query_params=list(query),
            header_params=dict(headers),
            body=body,
            auth_settings=["BearerToken"],
        )
        seconds = wait.at_most(_CONNECT_SECONDS), silence_seconds or wait.at_most(_REQUEST_SECONDS)
        try:
            response = self._api.call_api(*serialized, _request_timeout=seconds).response
            if response.status not in _RETRIABLE:
                return response, ""
            return None, Response(response.status, response.data).message()
        except ApiException as error:  # the generated client's name for a TLS error
            return None, str(error.reason)
        except (HTTPError, OSError) as error:
            return None, f"{type(error).__name__}: {error}"
