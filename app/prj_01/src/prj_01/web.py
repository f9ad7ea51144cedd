"""The HTTP server of probes, metrics and the feed: a table of routes that answer JSON or text."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from prj_01.log import logger

__all__ = ["Answer", "ListenError", "Routes", "WebServer", "standard_routes"]


class ListenError(Exception):
    """An address or a port that cannot be had."""


@dataclass(frozen=True)
class Answer:
    """What a request gets.

    Attributes:
        body: A text as it is, anything else as JSON.
        status: The status code.
        content_type: What the body is.
    """

    body: Any
    status: int = HTTPStatus.OK
    content_type: str = "application/json"
    encoded: bytes = field(init=False)

    def __post_init__(self) -> None:
        encoded = self.body if isinstance(self.body, bytes) else f"{json.dumps(self.body)}\n".encode()
        object.__setattr__(self, "encoded", encoded)


Routes = Mapping[str, Callable[[Mapping[str, str]], Answer]]
"""What answers each path, given the query."""


def standard_routes(version: str, registry: CollectorRegistry, problem: Callable[[], str]) -> Routes:
    """The routes that everything here has.

    Args:
        version: That of the image.
        registry: The metrics.
        problem: Why it is not ready; empty where it is.
    """

    def ready(_query: Mapping[str, str]) -> Answer:
        reason = problem()
        if reason:
            return Answer({"error": reason}, HTTPStatus.SERVICE_UNAVAILABLE)
        return Answer({"status": "ready"})

    return {
        # An answer at all is the proof: what the process depends on is readiness's business.
        "/health": lambda _query: Answer({"status": "ok"}),
        "/ready": ready,
        "/version": lambda _query: Answer({"version": version, "pod": socket.gethostname()}),
        "/metrics": lambda _query: Answer(generate_latest(registry), content_type=CONTENT_TYPE_LATEST),
    }


class WebServer(ThreadingHTTPServer):
    """Serves routes in threads of its own.

    Args:
        host: The address to listen on; empty for every address, of both families where there are both.
        port: The port; 0 takes a free one.
        version: Stands in every answer.
        routes: What answers.

    Raises:
        ListenError: The address or the port cannot be had.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, version: str, routes: Routes) -> None:
        both = not host and socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if both or ":" in host else socket.AF_INET
        self.routes = routes
        self.version = version
        try:
            super().__init__((host, port), _Request)
        except OSError as error:
            raise ListenError(f"PORT: cannot listen on {host or '*'}:{port}: {error.strerror}") from error

    def server_bind(self) -> None:
        """Listen on both families with one socket."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Log what went wrong with a request, such as a client that has gone."""
        logger.debug("request failed", exc_info=True)

    def start(self) -> None:
        """Serve until the process ends."""
        threading.Thread(target=self.serve_forever, name="web", daemon=True).start()
        logger.info("listening", extra={"port": self.server_address[1]})


class _Request(BaseHTTPRequestHandler):
    server: WebServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        try:
            parts = urlsplit(self.path)
            route = self.server.routes.get(parts.path)
            answer = (
                route(dict(parse_qsl(parts.query))) if route else Answer({"error": f"there is no {parts.path}"}, 404)
            )
        except ValueError as error:
            answer = Answer({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        self.send_header("content-length", str(len(answer.encoded)))
        self.send_header("x-app-version", self.server.version)
        self.end_headers()
        self.wfile.write(answer.encoded)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server calls it so
        logger.debug("request", extra={"line": format % args})
