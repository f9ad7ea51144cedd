"""Exec, spoken to a stand-in that knows just enough of WebSockets."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab_helpers.errors import Forbidden, LabError, Unauthorized
from lab_helpers.kube.execute import Executed, execute
from lab_helpers.kube.transport import Transport
from tests.unit.kube.api_server import write_kubeconfig

POD = "/api/v1/namespaces/one/pods/web"
SUCCESS = json.dumps({"status": "Success"}).encode()


def failure(reason: str, message: str, status: str = "failed") -> bytes:
    causes = [{"reason": reason, "message": message}]
    return json.dumps({"status": "Failure", "message": status, "details": {"causes": causes}}).encode()


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = connection.makefile("rb")
        self.request = self._read_head()

    def _read_head(self) -> str:
        lines = iter(self._reader.readline, b"\r\n")
        return b"".join(lines).decode()

    def accept(self) -> None:
        key = next(line for line in self.request.splitlines() if line.lower().startswith("sec-websocket-key"))
        seed = key.split(": ")[1].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accepted = base64.b64encode(hashlib.sha1(seed).digest()).decode()
        head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        head += [f"Sec-WebSocket-Accept: {accepted}", "Sec-WebSocket-Protocol: v5.channel.k8s.io", "", ""]
        self._connection.sendall("\r\n".join(head).encode())

    def refuse(self, status: str, message: str) -> None:
        body = json.dumps({"message": message})
        self._connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    def send(self, channel: int, content: bytes) -> None:
        frame = bytes([channel]) + content
        size = bytes([len(frame)]) if len(frame) < 126 else bytes([126]) + len(frame).to_bytes(2, "big")
        self._connection.sendall(bytes([0x82]) + size + frame)

    def send_raw(self, content: bytes) -> None:
        self._connection.sendall(content)

    def close(self) -> None:
        self.send_raw(bytes([0x88, 2]) + (1000).to_bytes(2, "big"))

    def read_input(self) -> bytes:
        """Standard input up to its end, as version 5 of the protocol says it."""
        content = b""
        while True:
            head = self._reader.read(2)
            size = head[1] & 0x7F
            if size == 126:
                size = int.from_bytes(self._reader.read(2), "big")
            mask, masked = self._reader.read(4), self._reader.read(size)
            frame = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
            if frame == bytes([255, 0]):
                return content
            content += frame[1:]


Script = Callable[[Peer], None]
Start = Callable[[Script], Transport]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Start]:
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def start(script: Script) -> Transport:
        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                script(Peer(connection))

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return Transport(write_kubeconfig(tmp_path, listener.getsockname()[1]), None, 1)

    yield start
    for thread in threads:
        thread.join(5)
    listener.close()


def test_output_and_exit_status_come_back(serve: Start) -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.send(1, b"hel")
        peer.send(2, b"oh")
        peer.send(1, b"lo")
        peer.send(3, failure("ExitCode", "3"))
        peer.close()

    assert execute(serve(script), POD, ["ls"]) == Executed("hello", "oh", 3)


def test_arguments_container_and_credentials_are_sent(serve: Start) -> None:
    requests: list[str] = []

    def script(peer: Peer) -> None:
        requests.append(peer.request)
        peer.accept()
        peer.send(3, SUCCESS)
        peer.close()

    execute(serve(script), POD, ["cat", "a b&c"], container="web")
    assert "/exec?command=cat&command=a+b%26c&stdout=true&stderr=true&container=web " in requests[0]
    assert "authorization: Bearer not-a-secret" in requests[0]


def test_input_arrives_whole_and_ends(serve: Start) -> None:
    content = "x" * 40_000
    received: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.accept()
        received.append(peer.read_input())
        peer.send(3, SUCCESS)
        peer.close()

    assert execute(serve(script), POD, ["wc"], input=content).returncode == 0
    assert received == [content.encode()]


def test_a_cut_connection_is_no_success(serve: Start) -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.send(1, b"half")

    with pytest.raises(LabError, match="whether the command ran to its end is not known"):
        execute(serve(script), POD, ["make", "it"])


def test_nonsense_on_the_wire_is_no_success(serve: Start) -> None:
    def script(peer: Peer) -> None:
        peer.accept()
        peer.send_raw(b"\xff" * 40)

    with pytest.raises(LabError, match="was cut off"):
        execute(serve(script), POD, ["ls"])


@pytest.mark.parametrize("answers", [True, False])
def test_silence_ends_in_time(serve: Start, answers: bool) -> None:
    done = threading.Event()

    def script(peer: Peer) -> None:
        if answers:
            peer.accept()
        done.wait(900)

    began = time.monotonic()
    with pytest.raises(LabError):
        execute(serve(script), POD, ["sleep", "900"], seconds=0.3)
    done.set()
    assert time.monotonic() - began < 400


def test_a_program_that_is_not_there_is_named(serve: Start) -> None:
    reason = 'exec failed: unable to start container process: exec: "nope": not found'

    def script(peer: Peer) -> None:
        peer.accept()
        peer.send(3, failure("InternalError", reason, status=reason))
        peer.close()

    with pytest.raises(LabError, match='exec web -- nope: did not start: exec: "nope": not found'):
        execute(serve(script), POD, ["nope"])


def test_a_refusal_carries_the_servers_reason(serve: Start) -> None:
    with pytest.raises(LabError, match=r'pods "web" not found \(HTTP 404\)'):
        execute(serve(lambda peer: peer.refuse("404 Not Found", 'pods "web" not found')), POD, ["ls"])


@pytest.mark.parametrize(("status", "kind"), [("401 Unauthorized", Unauthorized), ("403 Forbidden", Forbidden)])
def test_who_may_not_is_told_apart(serve: Start, status: str, kind: type[LabError]) -> None:
    with pytest.raises(kind, match="not you"):
        execute(serve(lambda peer: peer.refuse(status, "not you")), POD, ["ls"])


def test_nobody_there_is_said_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(LabError, match="could not connect"):
        execute(Transport(write_kubeconfig(tmp_path, port), None, 1), POD, ["ls"])
