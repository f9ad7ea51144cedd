"""`make translations`: what it cannot read is one line that names the file, and no catalogue is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lab_helpers import paths
from tests.unit.validation import sample


def test_a_module_that_cannot_be_read_is_a_line(tmp_path: Path) -> None:
    sample.write(tmp_path)
    checks = tmp_path / "labs/lab_99_sample/checks.py"
    checks.write_text("def")
    run = subprocess.run(
        [sys.executable, "-m", "lab_helpers.translation", "ko"],
        env={**os.environ, paths.LAB_CHECKOUT: str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.splitlines()[0].startswith(f"{checks}: cannot be read: invalid syntax")
    assert "Traceback" not in run.stderr
