"""Speak HTTP to one API server: authenticated, bounded in time, patient while the server restarts."""

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

__all__ = ["LineStream", "Object", "Query", "Response", "Transport", "refusal"]

Object = dict[str, Any]
"""A Kubernetes object as the API's JSON has it."""

Query = Sequence[tuple[str, str]]
"""The query part of an address; a name may come more than once."""

_Request = tuple[str, str, Query, dict[str, str], Object | None]

# What a server that starts, stops or is overloaded answers; anything else is about the request.
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_REQUEST_SECONDS = 15.0
# The kernel of the server's machine takes a connection, however busy the server is.
_CONNECT_SECONDS = 3.0
# A stream that says nothing for so long is opened anew: a server that vanished sends no goodbye.
_SILENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Response:
    """What the API server answered.

    Attributes:
        status: The HTTP status code.
        content: The body, undecoded.
    """

    status: int
    content: bytes

    @property
    def is_ok(self) -> bool:
        """Whether the request was granted."""
        return 200 <= self.status < 300

    def object(self) -> Object:
        """The body as an object.

        Raises:
            LabError: It is not a JSON object, as when something else than an API server answers at its
                address.
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
        """Why the request was refused, in the server's words."""
        try:
            told = json.loads(self.content).get("message", "")
        except (ValueError, AttributeError):
            told = self.content.decode(errors="replace").strip()[:300]
        return f"{told or _('no reason given')} (HTTP {self.status})"

    def error(self, called: str, next_step: str) -> LabError:
        """The error that a refused request is, told apart by who is not known and who may not.

        Args:
            called: What was asked for, as its owner names it.
            next_step: What to type next.
        """
        return refusal(self.status)(self.message(), object=called, next_step=next_step)


def refusal(status: int) -> type[LabError]:
    """What an HTTP status that is no success means, told apart by who is not known and who may not."""
    kinds: dict[int, type[LabError]] = {HTTPStatus.UNAUTHORIZED: Unauthorized, HTTPStatus.FORBIDDEN: Forbidden}
    return kinds.get(status, LabError)


class LineStream:
    """The lines of an answer that goes on, until the server, the network or ``close`` ends it."""

    def __init__(self, response: Any) -> None:  # noqa: ANN401 - urllib3 is imported late
        self._response = response
        self._is_closed = False
        self._fell_silent = False

    @property
    def fell_silent(self) -> bool:
        """Whether it was given up because nothing came any more, where one that is cut off ends at once."""
        return self._fell_silent

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
            self._fell_silent = isinstance(error, ReadTimeoutError)
            return  # cut off: a half line at the end is dropped, whoever reads resumes before it
        if rest and not self._is_closed:
            yield rest.decode(errors="replace")

    def close(self) -> None:
        """End the stream; a thread that waits for its next line returns at once."""
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
        kubeconfig: Where the server is and who asks.
        context: One of its contexts; by default the current one.
        patience_seconds: How long requests are repeated while the server cannot be reached or is overloaded.
        expect_running: Called after each try that was in vain; raises a final error where there is no server any more.

    Raises:
        LabError: The kubeconfig cannot be used.
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
        configuration.retries = False  # this class repeats what may be repeated
        self.configuration = configuration
        self.server = str(configuration.host)
        self._called = _("API server {address}").format(address=self.server)
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
        """Send a request that may be repeated, and return the whole answer, whatever its status.

        Within one look (see ``lab_helpers.wait``) the same is read once.

        Raises:
            WaitTimeout: The server could not be reached, or was unable to answer, for all of the patience.
        """
        headers = {"Accept": accept, "Content-Type": content_type}
        look, asked = wait.current_look(), (self, path, tuple(query), accept)
        if look is not None and method == "GET" and asked in look.reads:
            return cast(Response, look.reads[asked])
        with self._open((method, path, query, headers, body)) as response:
            answer = Response(response.status, response.data)
        if look is not None and method == "GET":
            look.reads[asked] = answer
        elif look is not None:
            look.forget()
        return answer

    def lines(self, path: str, query: Query = ()) -> Response | LineStream:
        """Open a stream of lines; an ``Response`` instead says why there is none.

        Raises:
            WaitTimeout: The server could not be reached, or was unable to answer, for all of the patience.
        """
        headers = {"Accept": "application/json, */*"}
        response = self._open(("GET", path, query, headers, None), silence_seconds=_SILENCE_SECONDS)
        return LineStream(response) if response.status == 200 else Response(response.status, response.data)

    def signed(self, path: str, query: Query = ()) -> tuple[str, dict[str, str]]:
        """The address and the headers of a GET request, for a protocol this class does not speak."""
        _method, url, headers, *_rest = self._api.param_serialize("GET", path, auth_settings=["BearerToken"])
        return f"{url}?{urlencode(query)}", dict(headers)

    def _open(self, request: _Request, *, silence_seconds: float | None = None) -> Any:  # noqa: ANN401
        seen = ""

        def attempt() -> Any:  # noqa: ANN401
            nonlocal seen
            response, seen = self._try(request, silence_seconds)
            if response is None and self._expect_running is not None:
                self._expect_running()
            return response

        return wait.until(
            attempt,
            seconds=self._patience_seconds,
            what="answer",
            object=self._called,
            last_event=lambda: seen,
            next_step="lab status",
            every=0.2,
        )

    def _try(self, request: _Request, silence_seconds: float | None) -> tuple[Any, str]:
        """Send once: the response and "", or None and why it is worth another try."""
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        method, path, query, headers, body = request
        # Anew for each try: a token may have been renewed in between.
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
            if response.status not in _TRY_AGAIN:
                return response, ""
            return None, Response(response.status, response.data).message()
        except ApiException as error:  # the generated client's name for a TLS error
            return None, str(error.reason)
        except (HTTPError, OSError) as error:
            return None, f"{type(error).__name__}: {error}"
