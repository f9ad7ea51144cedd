"""A notebook that only has its own files runs, with values drawn for it and with the same ones once more."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from lab_helpers import paths
from tests.another_lab import NOTEBOOK, write_checkout
from tests.commands import run_lab

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]


def test_it_runs_and_can_be_repeated(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    environment = {
        **os.environ,
        paths.LAB_CHECKOUT: str(write_checkout(tmp_path / "checkout")),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    repeated = _run(tmp_path / "first", environment)
    assert _run(tmp_path / "second", environment | {"LAB_VARY": repeated}) == repeated


def _run(output: Path, environment: dict[str, str]) -> str:
    """What was drawn for a run of the notebook that passed, as LAB_VARY takes it."""
    ran = run_lab("run", "99", "--output", str(output), seconds=900, env=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    junit = (output / "junit.xml").read_text()
    assert f'classname="{NOTEBOOK}" name="99.1 Write a word down"' in junit
    (drawn,) = re.findall('name="LAB_VARY" value="(word=[a-z]+)"', junit)
    assert f">{drawn.removeprefix('word=')}<" in (output / "report.html").read_text()
    return str(drawn)
