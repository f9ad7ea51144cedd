"""prj_02 under load while it is told to end at random moments: its process, its clients, and what each was answered.

    LAB_KILLS=50 .venv/bin/pytest tests/unit/app/test_prices.py -k lost

`LAB_KILLS` says how often (a few by default), `LAB_KILLS_SEED` when; pytest prints both at its start.
"""

from __future__ import annotations

import http.client
import json
import random
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_helpers import checkout, shell, wait
from tests import node_applications

__all__ = ["Client", "Service"]

_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.02  # at most, between two requests of a client


class Service:
    """The process of prj_02.

    Args:
        directory: For its data and its log.
        settings: Variables beside those that it always needs.
        source: Its App repository; by default that of the working tree.
    """

    def __init__(self, directory: Path, settings: Mapping[str, str], source: Path | None = None) -> None:
        self._source = source or checkout.app_directory() / "prj_02"
        self.data = directory / "data"
        for path in (self.data, directory / "cache"):
            path.mkdir(parents=True)
        self._log = directory / "log"
        variables = {"HOST": "127.0.0.1", "PORT": "0", "UNIT_PRICE": "12.50", **settings}
        self._environment = {**variables, "DATA_DIR": str(self.data), "CACHE_DIR": str(directory / "cache")}

    def start(self) -> int:
        """Start it, and return its port once it listens."""
        modules = node_applications.modules("prj_02")
        root = self._log.parent / "source"
        root.mkdir()
        for name, target in (
            ("src", self._source / "src"),
            ("package.json", self._source / "package.json"),
            ("node_modules", modules),
        ):
            (root / name).symlink_to(target)
        command: list[str | Path] = [
            node_applications.node(),
            "--preserve-symlinks",
            "--preserve-symlinks-main",
            "src/main.js",
        ]
        with self._log.open("w") as log:
            self._process = shell.start(command, env=self._environment, cwd=root, stdout=log, stderr=log)
        listening = wait.until(self._listening, seconds=_PATIENCE_SECONDS, outcome="listen", object="prj_02")
        return int(listening["port"])

    def end(self) -> tuple[float, int]:
        """Send SIGTERM; the moment before, and the exit status."""
        moment = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            return moment, self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def lines(self) -> list[dict[str, Any]]:
        """What it logged."""
        return [json.loads(line) for line in self._log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def _listening(self) -> dict[str, Any] | None:
        assert self._process.poll() is None, self._log.read_text()
        return next((line for line in self.lines() if line["message"] == "listening"), None)


@dataclass
class Client(threading.Thread):
    """Asks one thing after the other, until nobody listens any more.

    Attributes:
        name_of_notes: What the notes that it writes are called.
        port: Of the service.
        chance: What it asks, and when.
        keeps: Whether it keeps its connection for more than one request.
        answered: How many requests were answered rightly.
        unanswered: When the connections were made on which a request was not, and when it was sent.
        wrong: Answers that are not right.
        notes: What was stored, by id.
    """

    name_of_notes: str
    port: int
    chance: random.Random
    keeps: bool
    answered: int = 0
    unanswered: list[tuple[float, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._sent = 0.0

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_SECONDS)
            try:
                connection.connect()
            except ConnectionError:
                return
            connected = time.monotonic()
            try:
                while self._ask(connection) and self.keeps:
                    time.sleep(self.chance.random() * _PAUSE_SECONDS)
            except (OSError, http.client.HTTPException):
                self.unanswered.append((connected, self._sent))
            finally:
                connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        """Ask something; whether the connection may be asked again."""
        method, path, body, expected = self._request()
        try:
            connection.request(method, path, body)
        finally:
            self._sent = time.monotonic()
        response = connection.getresponse()
        answer = response.read().decode()
        if expected in answer and response.status < 300:
            self.answered += 1
            if body is not None:
                self.notes[path.rpartition("/")[2]] = body
        else:
            self.wrong.append(f"{method} {path}: {response.status} {answer}")
        return not response.will_close

    def _request(self) -> tuple[str, str, str | None, str]:
        """Method, path, body, and what the answer holds."""
        number = self.answered
        milliseconds = self.chance.randrange(200)
        note = f"{self.name_of_notes}-{number}"
        return self.chance.choice(
            (
                ("GET", f"/price?quantity={number + 1}", None, f'"total":{(number + 1) * 12.5:g}'),
                ("GET", f"/slow?ms={milliseconds}", None, f'"waited_ms":{milliseconds}'),
                ("PUT", f"/notes/{note}", f"text of {note}", note),
                ("GET", "/readings?sensor=hall&limit=1", None, '"value":21.5'),
            )
        )
