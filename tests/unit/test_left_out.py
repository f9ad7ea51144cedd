"""Where no cluster can run, the tests that need one are left out aloud; where they are counted on, that is an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab_helpers import checkout

NEEDS_A_CLUSTER = "tests/integration/cluster/test_run.py"
NEEDS_A_SERVER = "tests/unit/test_backing_services.py::test_each_test_has_a_database_of_its_own"


def run_pytest(*options: str, tests: str = NEEDS_A_CLUSTER, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name not in ("CI", "LAB_REQUIRE_CLUSTER")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, tests],
        cwd=checkout.source_directory(),
        env={**own, "HOME": "/dev/null", **environment},  # with which doctor says no
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("options", [(), ("-n1",)])
def test_what_was_left_out_is_said_last(options: tuple[str, ...]) -> None:
    result = run_pytest(*options)
    assert result.returncode == 0, result.stdout
    first, second, last = result.stdout.strip().splitlines()[-3:]
    assert first.startswith("LEFT OUT: ")
    assert "tests that need a cluster. no cluster can run here: " in first
    assert second == f"  next: export HOME=/var/tmp/lab-{os.geteuid()}"
    assert last == "  With CI=true or LAB_REQUIRE_CLUSTER=1 it is an error."


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("LAB_REQUIRE_CLUSTER", "1")])
def test_where_clusters_are_counted_on_it_is_an_error(name: str, value: str) -> None:
    result = run_pytest(**{name: value})
    assert result.returncode == 1, result.stdout
    assert result.stdout.strip().splitlines()[-1] == f"  {name}={value}: this is an error."


def test_servers_that_cannot_run_are_said_too(tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}  # no apt, and nothing that it has fetched
    result = run_pytest(tests=NEEDS_A_SERVER, **nowhere)
    assert result.returncode == 0, result.stdout
    assert "LEFT OUT: 1 tests that need a server. no server can run here: postgresql: " in result.stdout
    assert "this machine has no apt" in result.stdout
    assert run_pytest(tests=NEEDS_A_SERVER, CI="true", **nowhere).returncode == 1
