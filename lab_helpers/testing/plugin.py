"""The pytest plugin: a cluster for the session, namespaces for tests, and a diagnosis of failed tests.

Pytest loads this module in every run of an environment that has the package, so it imports next to nothing: its
dependencies are imported by the first test that requests a fixture.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

    from lab_helpers.testing.fixture import LabFixture

__all__ = [
    "lab",
    "lab_cluster",
    "lab_factory",
    "pytest_addoption",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]

_FIXTURES = pytest.StashKey["list[LabFixture]"]()  # the namespaces of the running tests
_IS_OURS = pytest.StashKey[bool]()
_KEPT = pytest.StashKey[list[str]]()  # kept clusters and namespaces with the command to delete each, one a line
_KEPT_OUTPUT = "lab_kept"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    group = parser.getgroup("lab", "a cluster for tests (fixtures lab and lab_cluster)")
    group.addoption(
        "--lab-provider",
        default="auto",
        metavar="NAME",
        help="cluster provider: auto, or any of `lab up --provider`",
    )
    group.addoption(
        "--lab-name",
        default=os.environ.get("LAB_NAME", ""),
        metavar="NAME",
        help="run on this lab, which is kept if it runs already; by default LAB_NAME, else a new lab for the run",
    )
    group.addoption("--lab-keep", action="store_true", help="keep the cluster and the tests' namespaces for inspection")


@pytest.fixture(scope="session")
def lab_cluster(request: pytest.FixtureRequest) -> Iterator[LabFixture]:
    """The session's cluster, in its namespace ``default``, for objects shared by tests."""
    from lab_helpers.language import gettext as _
    from lab_helpers.testing import namespaces, session
    from lab_helpers.testing.fixture import LabFixture

    config = request.config
    with _without_traceback(_("no cluster for the tests: {error}")):
        cluster, is_ours = session.cluster(config)
    config.stash[_IS_OURS] = is_ours
    with session.hold(config, cluster, is_ours=is_ours) as kept_line:
        if kept_line:
            _note_kept(config, kept_line)
        shared = LabFixture(cluster)
        with _without_traceback(_("no cluster for the tests: {error}")):
            namespaces.add_pull_secret(shared)
        yield shared


@pytest.fixture(scope="session")
def lab_factory(
    request: pytest.FixtureRequest, lab_cluster: LabFixture
) -> Callable[[str], AbstractContextManager[LabFixture]]:
    """A factory of namespaces for fixtures of any scope: each is a context manager that deletes its namespace."""

    def make(name: str) -> AbstractContextManager[LabFixture]:
        return _namespace_fixture(request.config, lab_cluster, name)

    return make


@pytest.fixture
def lab(
    request: pytest.FixtureRequest, lab_factory: Callable[[str], AbstractContextManager[LabFixture]]
) -> Iterator[LabFixture]:
    """The session's cluster, in a namespace of this test's own."""
    with lab_factory(request.node.name) as fixture:
        yield fixture


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the diagnosis of the running tests' namespaces, and their pods' logs, to the report of a failed test."""
    fixtures = item.config.stash.get(_FIXTURES, [])
    if fixtures and call.excinfo is not None:
        _cut_traceback(call.excinfo)
    report = yield
    if report.failed and fixtures:
        from lab_helpers.testing.diagnosis import sections

        add_to_traceback = getattr(report.longrepr, "addsection", None)  # which is what JUnit takes of a report
        for title, text in (section for fixture in fixtures for section in sections(fixture)):
            if add_to_traceback is not None:
                add_to_traceback(title, text)
            else:
                report.sections.append((title, text))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    """Collect the kept clusters and namespaces of a pytest-xdist worker."""
    node.config.stash.setdefault(_KEPT, []).extend(getattr(node, "workeroutput", {}).get(_KEPT_OUTPUT, []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was kept, and how to delete it."""
    for line in config.stash.get(_KEPT, []):
        terminalreporter.write_line(line)


@contextmanager
def _namespace_fixture(config: pytest.Config, cluster: LabFixture, name: str) -> Iterator[LabFixture]:
    """A namespace for the context, included in the diagnosis of failed tests."""
    from lab_helpers.testing import namespaces

    with _without_traceback("{error}"):
        fixture = namespaces.make(cluster, name)
    fixtures = config.stash.setdefault(_FIXTURES, [])
    fixtures.append(fixture)
    try:
        yield fixture
    finally:
        fixtures.remove(fixture)
        if not config.getoption("--lab-keep"):
            with _without_traceback("{error}"):
                namespaces.delete(fixture)
        elif not config.stash[_IS_OURS]:  # else it goes with the cluster
            _note_kept(config, f"{fixture.namespace}: {namespaces.delete_command(cluster, fixture)}")


@contextmanager
def _without_traceback(message: str) -> Iterator[None]:
    """Fail the test with a lab error's message alone, without a traceback."""
    from lab_helpers.errors import LabError

    try:
        yield
    except LabError as error:
        raise pytest.fail.Exception(message.format(error=error), pytrace=False) from None


def _cut_traceback(failure: pytest.ExceptionInfo[BaseException]) -> None:
    """Cut the traceback of a lab error at the test's call into the lab."""
    from lab_helpers.errors import LabError

    if isinstance(failure.value, LabError):
        package = Path(__file__).resolve().parent.parent
        entry = failure.tb
        while entry.tb_next is not None:
            if package in Path(entry.tb_next.tb_frame.f_code.co_filename).parents:
                entry.tb_next = None
            else:
                entry = entry.tb_next


def _note_kept(config: pytest.Config, line: str) -> None:
    config.stash.setdefault(_KEPT, []).append(line)
    if hasattr(config, "workeroutput"):
        config.workeroutput.setdefault(_KEPT_OUTPUT, []).append(line)
