"""The process as the image runs it, and a webhook for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self, TypeVar

T = TypeVar("T")

_SOURCE = Path(__file__).parents[1] / "src"
_PATIENCE_SECONDS = 120.0


def until(condition: Callable[[], T]) -> T:
    """The first true value of a condition."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {_PATIENCE_SECONDS:g} s: {condition}"
        time.sleep(0.02)
    return value


class Service:
    """Processes of the service, one after the other, with one log; none is left at the end."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {
            "PYTHONPATH": str(_SOURCE),
            "PATH": os.environ["PATH"],
            "HOST": "127.0.0.1",
            "PORT": "0",
            "ALERT_RULES": "hot: boiler-* > 90",
            "CONSUMER": "tested",
            "CLAIM_SECONDS": "0.3",
            **environment,
        }
        self.process: subprocess.Popen[str] | None = None
        self.lines: list[dict[str, Any]] = []
        self._reader: Thread | None = None

    def start(self, **environment: str) -> Self:
        """Start a process and wait until it listens."""
        command = [sys.executable, "-m", "prj_04"]
        count = len(self.logged("listening"))
        self.process = subprocess.Popen(
            command, env={**self.environment, **environment}, stdout=subprocess.PIPE, text=True
        )
        self._reader = Thread(target=self._read, args=[self.process.stdout], daemon=True)
        self._reader.start()
        until(lambda: len(self.logged("listening")) > count)
        return self

    def kill(self, number: signal.Signals) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        assert self.process
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Wait for the end, and return the exit status."""
        assert self.process
        assert self._reader
        status = self.process.wait(_PATIENCE_SECONDS)
        self._reader.join()
        assert self.process.stdout
        self.process.stdout.close()
        return status

    def ask(self, path: str) -> tuple[int, str]:
        """The status and the body of an answer."""
        url = f"http://127.0.0.1:{self.logged('listening')[-1]['port']}{path}"
        try:
            with urllib.request.urlopen(url, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, name: str) -> float:
        """The value of a metric."""
        lines = self.ask("/metrics")[1].splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))

    def logged(self, message: str) -> list[dict[str, Any]]:
        """The lines of the log with that message."""
        return [line for line in self.lines if line["message"] == message]

    def _read(self, output: Any) -> None:
        self.lines.extend(map(json.loads, output))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.kill(signal.SIGKILL)


class Receiver(ThreadingHTTPServer):
    """A webhook that keeps what it is sent.

    Attributes:
        posts: The requests, each with its Idempotency-Key and its body.
        answers: The statuses of the next answers; afterwards 204. 0 hangs up instead of answering.
        on_post: Called before each answer.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[int] = []
        self.on_post: Callable[[], object] = lambda: None
        self.url = f"http://127.0.0.1:{self.server_address[1]}/alerts?token=secret"

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Post(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.posts.append((self.headers["idempotency-key"], body))
        self.server.on_post()
        status = self.server.answers.pop(0) if self.server.answers else 204
        if status:
            self.send_response(status)
            self.send_header("location", "/elsewhere")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
