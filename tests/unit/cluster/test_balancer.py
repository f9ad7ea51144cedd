"""Connections go to a server that is ready, and end with one that answers no more."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from lab_helpers import wait
from lab_helpers.certificates import CertificateAuthority
from lab_helpers.cluster.embedded import balancer
from lab_helpers.cluster.embedded.balancer import Balancer
from lab_helpers.cluster.embedded.spec import Balanced

ANY = ("127.84.0.2", 0)  # of no lab
NOBODY = ("127.84.0.2", 1)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balancer, "_PAUSE_SECONDS", 0.02)
    # Who gives up before a TLS server accepts it leaves a socket that `ssl` does not close there.
    monkeypatch.setattr(balancer, "_ANSWER_SECONDS", 300)


@contextmanager
def server(name: bytes) -> Iterator[tuple[socket.socket, tuple[str, int]]]:
    """Says its name to whoever connects, and then nothing."""
    with socket.create_server(ANY) as listening:
        clients: list[socket.socket] = []

        def serve() -> None:
            with suppress(OSError):  # the end of the test
                while True:
                    clients.append(listening.accept()[0])
                    with suppress(OSError):  # whoever only looked
                        clients[-1].sendall(name)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield listening, listening.getsockname()
        with suppress(OSError):  # it has been ended
            listening.shutdown(socket.SHUT_RDWR)
        serving.join(120)
        for client in clients:
            client.close()


def name_of(connection: socket.socket) -> bytes:
    with connection:
        connection.settimeout(120)
        return connection.recv(10)


def address_of(connection: socket.socket) -> tuple[str, int]:
    with connection:
        address, port = connection.getpeername()
        return address, port


def test_all_servers_have_their_turn_and_one_that_is_gone_none() -> None:
    with server(b"one") as (_first, first), server(b"two") as (_second, second):
        balanced = Balancer(Balanced(ANY, [first, NOBODY, second]))
        wait.until(
            lambda: [each.is_ready for each in balanced._servers] == [True, False, True],
            seconds=120,
            outcome="be ready",
        )
        names = [name_of(balanced.connect()) for _ in range(6)]
    assert set(names) == {b"one", b"two"}


def test_a_connection_to_a_server_that_answers_no_more_is_ended() -> None:
    with server(b"one") as (listening, first):
        balanced = Balancer(Balanced(ANY, [first]))
        wait.until(lambda: balanced._servers[0].is_ready, seconds=120, outcome="be ready")
        with balanced.connect() as connection:
            connection.settimeout(120)
            assert connection.recv(10) == b"one"
            listening.shutdown(socket.SHUT_RDWR)  # what is connected to it stays so
            assert connection.recv(1) == b"", "it is told"


def test_without_any_server_the_connection_is_refused() -> None:
    with pytest.raises(OSError):  # noqa: PT011 - which one is the kernel's to say
        Balancer(Balanced(ANY, [NOBODY])).connect()


def test_an_api_server_that_is_not_ready_gets_nobody_while_another_one_is(tmp_path: Path) -> None:
    authority = CertificateAuthority("test")
    certificate, _key = authority.pair.write(tmp_path, "ca")
    with api_server(authority, tmp_path / "a", 500) as starting, api_server(authority, tmp_path / "b", 200) as ready:
        balanced = Balancer(Balanced(ANY, [starting, ready], str(certificate)))
        wait.until(lambda: any(each.is_ready for each in balanced._servers), seconds=120, outcome="be ready")
        assert {address_of(balanced.connect()) for _ in range(4)} == {ready}


@contextmanager
def api_server(authority: CertificateAuthority, directory: Path, status: int) -> Iterator[tuple[str, int]]:
    """Answers every request with a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            return

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*authority.issue("api", addresses=[ANY[0]]).write(directory, "api"))
    http = HTTPServer(ANY, Handler)
    http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield http.server_address[0], http.server_port  # type: ignore[misc]
    http.shutdown()
    http.server_close()


def test_the_command_carries_the_ways() -> None:
    argv = balancer.command([Balanced(("b", 1), [("s", 2)], "/ca.crt")])
    assert argv[1:4] == ["-I", "-m", "lab_helpers.cluster.embedded.balancer"]
    assert json.loads(argv[4]) == [{"listen": ["b", 1], "targets": [["s", 2]], "authority": "/ca.crt"}]


def test_all_ways_together_have_descriptors_enough() -> None:
    ways, descriptors = 3, 2
    assert ways * descriptors * balancer._CONNECTIONS < 1024 - 100
