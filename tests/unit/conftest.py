"""A stand-in for an API server, for whoever talks to one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.unit.kube.api_server import ApiServer, Call


@pytest.fixture
def api() -> Iterator[ApiServer]:
    scripted = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                scripted.take(Call(self, body))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = _take  # noqa: N815 - names that http.server asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    scripted.port = server.server_port
    yield scripted
    scripted.ending.set()
    server.shutdown()
    server.server_close()
    thread.join()
