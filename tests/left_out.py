"""Tests that need a cluster, where there can be none: left out, said last, and an error where that may not be."""

from __future__ import annotations

import os
from functools import cache

import pytest

from lab_helpers.cluster.choose import provider
from lab_helpers.cluster.findings import Finding

__all__ = ["pytest_collection_modifyitems", "pytest_sessionfinish", "say"]

_REASON = "no cluster can run here"


@cache
def _problem() -> Finding | None:
    return next((finding for finding in provider("embedded").doctor() if not finding.ok), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs a cluster where a node could not be made, before anything is built for one."""
    needing = [item for item in items if item.get_closest_marker("cluster")]
    problem = _problem() if needing else None
    if problem is not None:
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=f"{_REASON}: {problem.name}: {problem.seen}"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Make it an error where somebody counts on clusters."""
    if _count(session.config) and _required() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def say(config: pytest.Config) -> None:
    """Say what was left out and why, below all else."""
    count, problem = _count(config), _problem()
    if not count or problem is None:
        return
    required = _required()
    lines = [
        f"LEFT OUT: {count} tests that need a cluster. {_REASON}: {problem.name}: {problem.seen}",
        f"  next: {problem.next_step}",
        f"  {f'{required}: this' if required else 'With CI=true or LAB_REQUIRE_CLUSTER=1 it'} is an error.",
    ]
    for line in lines:
        config.get_terminal_writer().line(line, red=bool(required), yellow=not required)


def _required() -> str:
    settings = (f"{name}={os.environ.get(name, '')}" for name in ("CI", "LAB_REQUIRE_CLUSTER"))
    return next((variable for variable in settings if variable.endswith(("=true", "=1"))), "")


def _count(config: pytest.Config) -> int:
    """How many were left out; nothing in a worker, whose controller counts."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return 0
    return sum(_REASON in str(report.longrepr) for report in reporter.stats.get("skipped", []))
