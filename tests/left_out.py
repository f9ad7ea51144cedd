"""Tests that need a cluster or a server, where there is none: left out, said last, an error where that may not be."""

from __future__ import annotations

import os
from functools import cache

import pytest

from lab_helpers.cluster.choose import provider
from lab_helpers.cluster.findings import Finding

__all__ = ["NO_SERVER", "pytest_collection_modifyitems", "pytest_sessionfinish", "say"]

NO_SERVER = "no server can run here"
"""How the reason begins for which a test is skipped that needs a backing service."""

_NO_CLUSTER = "no cluster can run here"


@cache
def _problem() -> Finding | None:
    return next((finding for finding in provider("embedded").doctor() if not finding.ok), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs a cluster where a node could not be made, before anything is built for one."""
    needing = [item for item in items if item.get_closest_marker("cluster")]
    problem = _problem() if needing else None
    if problem is not None:
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=f"{_NO_CLUSTER}: {problem.name}: {problem.seen}"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Make it an error where somebody counts on clusters."""
    if _lines(session.config) and _required() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def say(config: pytest.Config) -> None:
    """Say what was left out and why, below all else."""
    lines = _lines(config)
    if not lines:
        return
    required = _required()
    lines.append(f"  {f'{required}: this' if required else 'With CI=true or LAB_REQUIRE_CLUSTER=1 it'} is an error.")
    for line in lines:
        config.get_terminal_writer().line(line, red=bool(required), yellow=not required)


def _lines(config: pytest.Config) -> list[str]:
    """What was left out and why, and how to mend it."""
    lines = []
    if servers := _reasons(config, NO_SERVER):
        lines.append(f"LEFT OUT: {len(servers)} tests that need a server. {servers[0]}")
    problem = _problem() if (clusters := _reasons(config, _NO_CLUSTER)) else None
    if problem is not None:
        lines.append(f"LEFT OUT: {len(clusters)} tests that need a cluster. {clusters[0]}")
        lines.append(f"  next: {problem.next_step}")
    return lines


def _required() -> str:
    settings = (f"{name}={os.environ.get(name, '')}" for name in ("CI", "LAB_REQUIRE_CLUSTER"))
    return next((variable for variable in settings if variable.endswith(("=true", "=1"))), "")


def _reasons(config: pytest.Config, beginning: str) -> list[str]:
    """Why tests were left out, one reason a test; none in a worker, whose controller counts."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return []
    reports = [str(report.longrepr[2]) for report in reporter.stats.get("skipped", []) if report.longrepr]
    reasons = [text.removeprefix("Skipped: ") for text in reports]
    return [reason for reason in reasons if reason.startswith(beginning)]
