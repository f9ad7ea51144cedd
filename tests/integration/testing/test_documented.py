"""The snippet of docs/ci.md for papermill alone, as it stands there, on a real cluster."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from pathlib import Path

import nbformat
import pytest

from lab_helpers import paths
from lab_helpers.cluster import record
from lab_helpers.cluster.choose import provider
from tests.documented import CI, snippet
from tests.integration.cluster.conftest import LAB

pytestmark = pytest.mark.cluster


def test_papermill_alone_runs_a_notebook_and_leaves_no_cluster(tmp_path: Path) -> None:
    failed = [finding for finding in provider("embedded").doctor() if not finding.ok]
    if failed:
        pytest.skip(f"no embedded cluster on this machine: {failed[0].name}: {failed[0].seen}")
    name = f"t-{uuid.uuid4().hex[:8]}"
    script = re.sub(r"\bci\b", name, snippet(CI, "papermill"))
    (tmp_path / "notebooks").symlink_to(paths.notebooks_directory())
    environment = {**os.environ, "PATH": f"{LAB.parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "-euo", "pipefail"]
    ran = subprocess.run(
        command, input=script, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    executed = nbformat.read(tmp_path / "03_cluster.ipynb", as_version=4)
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code" and cell.source.strip())
    assert record.load(name) is None
