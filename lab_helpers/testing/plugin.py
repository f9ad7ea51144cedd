"""The pytest plugin: a cluster a session, a namespace a test, and what was wrong there where a test failed.

Pytest loads this module in every run of an environment that has the package, so it imports next to nothing: what it
needs is imported by the first test that asks for a fixture.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

    from lab_helpers.cluster.base import Cluster
    from lab_helpers.testing.fixture import LabFixture

__all__ = [
    "lab",
    "lab_cluster",
    "pytest_addoption",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]

_LAB = pytest.StashKey["LabFixture"]()
_IS_OURS = pytest.StashKey[bool]()
_KEPT = pytest.StashKey[list[str]]()  # what was kept, and how it is deleted: a line each
_KEPT_OUTPUT = "lab_kept"
_USABLE_SECONDS = 120.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    group = parser.getgroup("lab", "a cluster for tests (fixtures lab and lab_cluster)")
    group.addoption(
        "--lab-provider",
        default="auto",
        metavar="NAME",
        help="who makes the cluster: auto, or as `lab up --provider` takes it",
    )
    group.addoption(
        "--lab-name",
        default=os.environ.get("LAB_NAME", ""),
        metavar="NAME",
        help="run on this lab, which stays if it runs already; by default LAB_NAME, else a lab of the run's own",
    )
    group.addoption(
        "--lab-keep", action="store_true", help="keep the cluster and the namespaces of the tests, to look at them"
    )


@pytest.fixture(scope="session")
def lab_cluster(request: pytest.FixtureRequest) -> Iterator[LabFixture]:
    """The session's cluster, in its namespace ``default``: for what tests share."""
    from lab_helpers.errors import LabError
    from lab_helpers.language import gettext as _
    from lab_helpers.testing import namespaces
    from lab_helpers.testing.fixture import LabFixture

    try:
        cluster, is_ours = _cluster(request.config)
    except LabError as error:
        told = _("no cluster for the tests: {error}").format(error=error)
        raise pytest.fail.Exception(told, pytrace=False) from None
    with _held(request.config, cluster, is_ours=is_ours):
        shared = LabFixture(cluster)
        namespaces.admit(shared)
        yield shared


@pytest.fixture
def lab(request: pytest.FixtureRequest, lab_cluster: LabFixture) -> Iterator[LabFixture]:
    """The session's cluster, in a namespace that this test has for itself."""
    from lab_helpers.testing import namespaces

    config = request.config
    room = namespaces.make(lab_cluster, request.node.name)
    request.node.stash[_LAB] = room
    yield room
    del request.node.stash[_LAB]
    if not config.getoption("--lab-keep"):
        namespaces.delete(room)
    elif not config.stash[_IS_OURS]:  # else it goes with the cluster
        command = f"kubectl --kubeconfig {lab_cluster.kubeconfig_path} delete namespace {room.namespace}"
        _tell_kept(config, f"{room.namespace}: {command}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what is wrong in the test's namespace, and what its pods said, to the report of a test that failed."""
    room = item.stash.get(_LAB, None)
    if room is not None and call.excinfo is not None:
        _end_in_test(call.excinfo)
    report = yield
    if report.failed and room is not None:
        from lab_helpers.testing.diagnosis import sections

        add_to_traceback = getattr(report.longrepr, "addsection", None)  # which is what JUnit takes of a report
        for title, text in sections(room):
            if add_to_traceback is not None:
                add_to_traceback(title, text)
            else:
                report.sections.append((title, text))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    """Hear from a worker of pytest-xdist what it kept."""
    node.config.stash.setdefault(_KEPT, []).extend(getattr(node, "workeroutput", {}).get(_KEPT_OUTPUT, []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was kept, and how it is deleted."""
    for line in config.stash.get(_KEPT, []):
        terminalreporter.write_line(line)


def _cluster(config: pytest.Config) -> tuple[Cluster, bool]:
    """The cluster to run on, and whether it was made for this run.

    Raises:
        LabError: There is none and none could be made.
    """
    from lab_helpers.cluster import choose, record
    from lab_helpers.cluster.base import Capability
    from lab_helpers.cluster.sweep import sweep
    from lab_helpers.errors import LabError
    from lab_helpers.language import gettext as _
    from lab_helpers.testing.fixture import tell

    named: str = config.getoption("--lab-name")
    name = named or f"pytest-{os.getpid()}"  # under pytest-xdist each worker is a process, with a cluster of its own
    maker = choose.provider_of(name, config.getoption("--lab-provider"))
    if Capability.NAMESPACES not in maker.capabilities:
        raise LabError(
            _("makes no namespaces, and each test needs one of its own"),
            object=_("provider {name}").format(name=maker.name),
            next_step="--lab-provider auto",
        )
    running = maker.attach(name)
    if running is not None:
        record.expect_kept(name)
        return running, False
    if named and hasattr(config, "workerinput"):
        raise LabError(
            _("does not run, and several workers cannot each make it"),
            object=_("lab {name}").format(name=name),
            next_step=f"lab up --name {name}",
        )
    sweep(tell)
    cluster = maker.create(name, tell)
    try:
        cluster.wait_usable(_USABLE_SECONDS)
    except BaseException:
        cluster.delete()
        raise
    return cluster, True


@contextmanager
def _held(config: pytest.Config, cluster: Cluster, *, is_ours: bool) -> Iterator[None]:
    """Hold a cluster for the session; one that was made for it ends with it, unless it is to be kept."""
    from lab_helpers.language import gettext as _

    config.stash[_IS_OURS] = is_ours
    if not is_ours:
        yield
        return
    with cluster:
        if config.getoption("--lab-keep"):
            cluster.keep()
            told = _("lab {name} goes on; end it with: lab down --name {name}").format(name=cluster.name)
            _tell_kept(config, told)
        yield
    if not config.getoption("--lab-name"):
        _forget(config, cluster.name)


def _end_in_test(failure: pytest.ExceptionInfo[BaseException]) -> None:
    """Let the traceback of an error of the lab's end where the test called it: the error says the rest itself."""
    from lab_helpers.errors import LabError

    if isinstance(failure.value, LabError):
        package = Path(__file__).resolve().parent.parent
        entry = failure.tb
        while entry.tb_next is not None:
            if package in Path(entry.tb_next.tb_frame.f_code.co_filename).parents:
                entry.tb_next = None
            else:
                entry = entry.tb_next


def _forget(config: pytest.Config, name: str) -> None:
    """Remove the directory of a lab that nobody gave a name: nobody will look for it, unless it was kept."""
    from lab_helpers import paths

    if not config.getoption("--lab-keep"):
        shutil.rmtree(paths.state_directory(name), ignore_errors=True)


def _tell_kept(config: pytest.Config, line: str) -> None:
    config.stash.setdefault(_KEPT, []).append(line)
    if hasattr(config, "workeroutput"):
        config.workeroutput.setdefault(_KEPT_OUTPUT, []).append(line)
