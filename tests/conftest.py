"""What every test may count on: kubectl where the lab has one, backing services, signals that reach commands."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab_helpers import programs
from tests import kills, left_out, losses
from tests.backing_services import broker_url, database_url, postgresql
from tests.left_out import pytest_collection_modifyitems, pytest_sessionfinish

if TYPE_CHECKING:
    from xdist.remote import Producer

    from tests.lab_scheduling import LabScheduling

__all__ = ["broker_url", "database_url", "postgresql", "pytest_collection_modifyitems", "pytest_sessionfinish"]

_tools = tempfile.TemporaryDirectory(prefix="lab-tests-")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the process before the first test is collected."""
    # What is ignored here would be ignored by every command, and a shell ignores these for what runs in background.
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["LAB_LANGUAGE"] = "en"  # whatever this machine speaks
    kubectl = programs.find("kubectl").get("kubectl")
    if shutil.which("kubectl") is None and kubectl is not None:
        (Path(_tools.name) / "kubectl").symlink_to(kubectl)
        os.environ["PATH"] = f"{_tools.name}{os.pathsep}{os.environ['PATH']}"
    kills.settle_seed()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LabScheduling | None:
    """Let workers share the tests of several labs, which lie in one file."""
    if config.getoption("dist") != "loadfile":
        return None
    from tests.lab_scheduling import LabScheduling

    return LabScheduling(config, log)


def pytest_report_header(config: pytest.Config) -> str:
    """Say what would bring about the same kills again."""
    return f"{kills.settle_seed()} {losses.number()}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing, and have the last word."""
    _tools.cleanup()
    left_out.say(config)
