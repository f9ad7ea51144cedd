"""The snippet of docs/ci.md for papermill alone, as it stands there, on a real cluster."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from lab_helpers import checkout, paths
from lab_helpers.cluster import record
from lab_helpers.cluster.choose import provider
from tests.commands import LAB
from tests.documented import CI, snippet

pytestmark = pytest.mark.cluster


@pytest.fixture
def name() -> Iterator[str]:
    """A name for a lab; whatever the test makes of it is deleted."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    yield name
    provider("embedded").delete(name)
    shutil.rmtree(paths.state_directory(name), ignore_errors=True)  # a learner's files, which a lab leaves alone


def test_papermill_alone_runs_a_notebook_and_leaves_no_cluster(name: str, tmp_path: Path) -> None:
    script = re.sub(r"\bci\b", name, snippet(CI, "papermill"))
    (tmp_path / "notebooks").symlink_to(checkout.notebooks_directory())
    environment = {**os.environ, "PATH": f"{LAB.parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "-euo", "pipefail"]
    ran = subprocess.run(
        command, input=script, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    executed = nbformat.read(tmp_path / "03_cluster.ipynb", as_version=4)
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code" and cell.source.strip())
    assert record.load(name) is None
