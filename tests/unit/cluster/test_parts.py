from __future__ import annotations

import selectors
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_helpers.cluster.embedded.parts import Parts
from lab_helpers.cluster.loss import End
from tests.processes import is_running

_ENDS = ["sh", "-c", "for line in 1 2 3 4 5 6 7; do echo $line; done; exit 3"]
_RUNS = ["sleep", "900"]


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    with selectors.DefaultSelector() as selector:
        yield selector


@pytest.fixture
def parts(tmp_path: Path, selector: selectors.BaseSelector) -> Iterator[Parts]:
    parts = Parts(tmp_path, selector)
    yield parts
    parts.end_all()


def test_who_watches_a_part_is_told_its_name_and_asks_how_it_ended(
    parts: Parts, selector: selectors.BaseSelector
) -> None:
    parts.start("registry", _ENDS)
    parts.watch("registry", parts.end_of)
    ((key, _events),) = selector.select(timeout=60)
    assert key.data() == End("registry", 3, "3\n4\n5\n6\n7")


def test_the_end_of_one_that_was_replaced_is_none(parts: Parts) -> None:
    parts.start("registry", _ENDS).wait()
    parts.start("registry", _RUNS)
    assert parts.end_of("registry") is None


def test_a_log_holds_what_each_of_its_name_printed(parts: Parts, tmp_path: Path) -> None:
    for word in ("first", "second"):
        parts.start("registry", ["echo", word]).wait()
    assert (tmp_path / "registry.log").read_text() == "first\nsecond\n"


def test_what_unshare_says_of_a_killed_child_is_told_as_the_signal(parts: Parts) -> None:
    message = "unshare: sigprocmask unblock failed: Invalid argument"
    parts.start("node", ["sh", "-c", f"echo before; echo '{message}'; exit 1"]).wait()
    assert parts.end_of("node") == End("node", -signal.SIGKILL, "before")


def test_one_that_is_ended_is_watched_no_more(parts: Parts, selector: selectors.BaseSelector) -> None:
    process = parts.start("node", _RUNS)
    parts.watch("node", parts.end_of)
    parts.end("node")
    assert not is_running(process.pid)
    assert selector.select(timeout=0) == []
    assert not selector.get_map()
