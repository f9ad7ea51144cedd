"""A machine that has nothing, and no network, gets the lab from a bundle and runs the whole workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_helpers import paths, shell
from tests.bundle.machine import STICK, booted
from tests.commands import LAB

pytestmark = [pytest.mark.bundle, pytest.mark.timeout(7200)]

INSTALL = f"tar -xOf {STICK}/lab.tar install.sh | sh -s -- {STICK}/lab.tar lab"


@pytest.fixture(scope="module")
def stick() -> Iterator[Path]:
    """A directory with a bundle of what is committed; not below pytest's own, which keeps the last three."""
    paths.cache_directory().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.cache_directory()) as directory:
        shell.stream([LAB, "bundle", "create", Path(directory) / "lab.tar"], print)
        yield Path(directory)


def test_a_machine_without_a_network_runs_the_whole_workbook(stick: Path) -> None:
    with booted(stick) as machine:
        bare = machine.run("cat /proc/net/route; command -v git make python3 || true")
        assert len(bare.stdout.splitlines()) == 1, "no route anywhere, and none of these programs"
        installed = machine.run(INSTALL)
        assert installed.returncode == 0, installed.stdout
        run = machine.run("cd lab && make lab")
        assert run.returncode == 0, run.stdout
        again = machine.run(f"{INSTALL} && lab/.venv/bin/lab bundle verify {STICK}/lab.tar")
        assert again.returncode == 0, again.stdout
        assert "installing Debian packages" not in again.stdout, "all was there"
