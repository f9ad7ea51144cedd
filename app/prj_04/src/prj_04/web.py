"""The HTTP interface: probes, version and metrics."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

__all__ = ["Server"]

_REQUEST_SECONDS = 10.0


class Server(ThreadingHTTPServer):
    """Listens as soon as it is made; serves in ``serve_forever``.

    Args:
        host: The address to listen on; empty: every, of IPv6 too where there is IPv6.
        port: The TCP port; 0: a free one.
        version: The image's.
        problem: Why the process is not ready; empty if it is.
        registry: The metrics.
    """

    daemon_threads = True

    def __init__(
        self,
        host: str,
        port: int,
        version: str,
        problem: Callable[[], str],
        registry: CollectorRegistry,
    ) -> None:
        is_dual = not host and socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if is_dual or ":" in host else socket.AF_INET
        self._is_dual = is_dual
        super().__init__((host, port), partial(_Request, version, problem, registry))

    def server_bind(self) -> None:
        """Bind to both families where every address is meant."""
        if self._is_dual:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])


class _Request(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "prj-04"
    sys_version = ""
    timeout = _REQUEST_SECONDS

    def __init__(
        self,
        version: str,
        problem: Callable[[], str],
        registry: CollectorRegistry,
        *connection: object,
    ) -> None:
        self._version = version
        self._problem = problem
        self._registry = registry
        super().__init__(*connection)  # type: ignore[arg-type]

    def do_GET(self) -> None:  # the name that BaseHTTPRequestHandler looks for
        """Answer."""
        match self.path.partition("?")[0]:
            case "/health":
                self._send(200, {"status": "ok"})
            case "/ready":
                reason = self._problem()
                self._send(503 if reason else 200, {"error": reason} if reason else {"status": "ready"})
            case "/version":
                self._send(200, {"version": self._version, "pod": socket.gethostname()})
            case "/metrics":
                self._send_bytes(200, CONTENT_TYPE_LATEST, generate_latest(self._registry))
            case path:
                self._send(404, {"error": f"there is no {path[:100]}"})

    def log_message(self, *_: object) -> None:
        """Nothing: probes come every few seconds."""

    def _send(self, status: int, answer: Mapping[str, str]) -> None:
        self._send_bytes(status, "application/json", json.dumps(answer).encode() + b"\n")

    def _send_bytes(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-app-version", self._version)
        self.end_headers()
        self.wfile.write(body)
