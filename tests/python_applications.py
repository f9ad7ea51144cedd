"""Applications in Python, run with the requirements that they lock, apart from those of the lab."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lab_helpers import checkout, shell, wait
from lab_helpers.files import content_key, once
from lab_helpers.paths import cache_directory

__all__ = ["Process", "interpreter"]

_START_SECONDS = 120.0
_END_SECONDS = 120.0


class Process:
    """A process of an application, and those that come after it.

    Args:
        application: That of its directory below ``app/``.
        module: What it runs.
        environment: Its settings; it listens on a free port of the loopback address unless they say otherwise.
        log: Where it writes.

    Attributes:
        log: Where it writes.
    """

    def __init__(self, application: str, module: str, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._python = interpreter(application)
        self._module = module
        self._environment = {
            "PYTHONPATH": str(checkout.app_directory() / application / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOST": "127.0.0.1",
            "PORT": "0",
            **environment,
        }

    def run(self, module: str) -> None:
        """Run another of its application's commands.

        Raises:
            CommandFailed: It failed.
        """
        shell.run([self._python, "-m", module], env=self._environment)

    def start(self, **environment: str) -> None:
        """Start it, with some other settings if there are any."""
        with self.log.open("a") as log:
            self._log_start = log.tell()
            variables = {**self._environment, **environment}
            self._process = shell.start([self._python, "-m", self._module], env=variables, stdout=log)

    def port(self) -> int:
        """The port that it listens on, once it does."""

        def listening() -> int | None:
            lines = map(json.loads, self.log.read_text()[self._log_start :].splitlines())
            return next((int(line["port"]) for line in lines if line["message"] == "listening"), None)

        return wait.until(listening, seconds=_START_SECONDS, outcome="answer", object=self._module)

    def end(self, number: signal.Signals) -> None:
        """Send it a signal that ends it; where that is SIGTERM, it ends in order."""
        is_listening = '"listening"' in self.log.read_text()[self._log_start :]
        self._process.send_signal(number)
        status = self._process.wait(_END_SECONDS)
        # A process that has just begun has nothing in hand, and dies of any signal.
        expected = {0, -number} if number is signal.SIGTERM and not is_listening else {0}
        assert number is signal.SIGKILL or status in expected, (status, self.log.read_text()[-2000:])

    def dies_within(self, seconds: float) -> bool:
        """Whether it ends by itself, which it must not."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def interpreter(name: str) -> Path:
    """A Python that has what an application is developed with; made once for what its lock says.

    Raises:
        LabError: Something cannot be installed.
    """
    requirements = checkout.app_directory() / name / "requirements-dev.txt"
    directory = cache_directory() / "python" / f"{name}-{content_key(requirements, sys.version)}"
    return once(directory, lambda part: _install(requirements, part)) / "bin/python"


def _install(requirements: Path, directory: Path) -> None:
    shell.run([sys.executable, "-m", "venv", "--without-pip", directory])
    pip = [sys.executable, "-m", "pip", "--quiet", f"--python={directory}/bin/python", "install"]
    shell.run([*pip, "--no-deps", "--require-hashes", f"--requirement={requirements}"])
