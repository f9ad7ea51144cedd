"""What is sent to a lab's address on this machine goes by the lab's link, or nowhere."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import pytest

from lab_helpers.cluster.embedded import relay
from lab_helpers.cluster.embedded.spec import Forward

HERE = "127.84.0.1"  # of no lab
TEXT = b"a long answer " * 100_000


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Answers each connection, once its sender has said all, with what was sent and a long text."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer(client: socket.socket) -> None:
            with client:
                said = b"".join(iter(lambda: client.recv(4096), b""))
                client.sendall(said + TEXT)

        def serve() -> None:
            with suppress(OSError):  # the end of the test
                while True:
                    threading.Thread(target=answer, args=listening.accept()[:1], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listening
        listening.shutdown(socket.SHUT_RDWR)


def free_port() -> int:
    with socket.create_server((HERE, 0)) as taken:
        return int(taken.getsockname()[1])


def ask(address: tuple[str, int], words: bytes = b"") -> bytes:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(words)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(1 << 16), b""))


def test_both_directions_are_carried_to_their_end(server: socket.socket) -> None:
    way = Forward((HERE, free_port()), server.getsockname())
    relay.serve(way, "lo")
    assert ask(way.listen, b"one") == b"one" + TEXT
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(way.listen, b"two"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert answers == [b"two" + TEXT] * 8


def test_without_its_link_nothing_is_carried_by_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        way = Forward((HERE, free_port()), server.getsockname())
        relay.serve(way, "lab-none")
        with socket.create_connection(way.listen, timeout=60) as client:
            assert client.recv(1) == b""
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_server_that_does_not_answer_ends_the_connection() -> None:
    way = Forward((HERE, free_port()), ("127.0.0.1", 1))
    relay.serve(way, "lo")
    with socket.create_connection(way.listen, timeout=60) as client:
        assert client.recv(1) == b""


def test_an_address_in_use_is_an_error_that_names_it() -> None:
    with socket.create_server((HERE, 0)) as taken, pytest.raises(OSError, match=r"127\.84\.0\.1"):
        relay.serve(Forward(taken.getsockname(), ("127.0.0.1", 1)), "lo")


def test_a_client_that_has_gone_before_it_was_taken_is_not_the_last_one() -> None:
    class Listening:
        tries = 0

        def accept(self) -> None:
            self.tries += 1
            raise ConnectionAbortedError if self.tries < 2000 else KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        relay._accept(cast(socket.socket, Listening()), socket.socket, 1)


def test_all_ways_together_have_descriptors_enough() -> None:
    ways, descriptors = 4, 2
    assert ways * descriptors * relay._CONNECTIONS < 1024 - 100, "and some for the keeper itself"
