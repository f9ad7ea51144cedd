"""Each application's own linter and tests, by the script that its own CI runs, and with no test left out."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from lab_helpers import checkout, shell
from lab_helpers.images import node_packages

_SCRIPTS = sorted(checkout.app_directory().glob("*/scripts/ci.sh"))
_SECONDS = 1000.0
_SERVERS = {"TEST_DATABASE_URL": "database_url", "TEST_BROKER_URL": "broker_url"}


@pytest.fixture
def programs(tmp_path: Path) -> str:
    """A PATH whose first node and npm are those of this environment."""
    command = node_packages.npm()
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n')
    npm.chmod(0o755)
    (tmp_path / "node").symlink_to(command[0])
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def servers(request: pytest.FixtureRequest) -> dict[str, str]:
    """The servers that the environment names, else some of the lab's own packages."""
    return {
        variable: os.environ.get(variable) or request.getfixturevalue(fixture) for variable, fixture in _SERVERS.items()
    }


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda script: script.parents[1].name)
def test_its_linter_and_its_tests_pass(script: Path, servers: dict[str, str], programs: str) -> None:
    variables = {"PATH": programs, "REQUIRE_SERVICES": "1", **servers}
    with shell.start([script, "test"], env=variables, own_group=True) as process:  # what it prints, pytest keeps
        assert process.wait(_SECONDS) == 0
