"""The migrations of the Deploy repository, by the program that its Job runs."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

from lab_helpers import checkout, programs

__all__ = ["DIRECTORY", "SECONDS", "end", "start", "up"]

DIRECTORY = checkout.infra_directory() / "_shared/migrations"
SECONDS = 120.0


def up(url: str, directory: Path = DIRECTORY) -> tuple[int, str]:
    """Bring a database up to date; the exit code, and what was printed."""
    return end(start(url, directory))


def start(url: str, directory: Path, command: str = "up") -> subprocess.Popen[str]:
    """Start the program, as the Job does."""
    environment = {**os.environ, "GOOSE_DBSTRING": url, "GOOSE_MIGRATION_DIR": str(directory)}
    pipe = subprocess.PIPE
    return subprocess.Popen([_program(), command], env=environment, text=True, stdout=pipe, stderr=subprocess.STDOUT)


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait until it ends; its exit code, and what it printed."""
    output = process.communicate(timeout=SECONDS)[0]
    return process.returncode, output


@cache
def _program() -> Path:
    return programs.resolve(lambda line: None, "migrate")["migrate"]
