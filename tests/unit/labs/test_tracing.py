"""What 7.1 says of an answer that is nearly right, told from a log store that holds what the incident leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

import pytest

from lab_helpers import CheckContext, CheckFailed, Unsettled
from labs.lab_07_operate import logs

_SINCE = "2026-01-31T02:14:00Z"
_GONE = "prj-02-7c6474f685-gone1"
_RIGHT = {"pod": _GONE, "version": "v1.0.0", "error": "EISDIR"}


class _Client:
    """A cluster whose collector began at a time, and whose log store has a failure, or none."""

    def __init__(self, collector: str = "2026-01-31T02:00:00Z", *, is_collected: bool = True) -> None:
        self.collector, self.is_collected = collector, is_collected

    def get(self, kind: str, _name: str, _namespace: str) -> dict[str, Any] | None:
        return {} if kind == "daemonset" else None

    def list(self, _kind: str, _namespace: str, _selector: str) -> list[dict[str, Any]]:
        return [{"metadata": {"creationTimestamp": self.collector}}]

    def read(self, path: str) -> dict[str, Any]:
        assert f"_time:>={_SINCE}" in unquote(path)
        error = "Error: EISDIR: illegal operation on a directory, read"
        metric = {logs._POD: _GONE, "version": "v1.0.0", "error": error}
        return {"data": {"result": [{"metric": metric, "value": [0, "3"]}] if self.is_collected else []}}


def _card(workspace: Path, fields: dict[str, str], client: _Client | None = None) -> CheckFailed:
    """The card that an answer gets."""
    (workspace / "complaint.txt").write_text(f"Since {_SINCE} I am told …\n")
    (workspace / "incident.txt").write_text("".join(f"{name} = {value}\n" for name, value in fields.items()))
    with pytest.raises(CheckFailed) as failure:
        logs.request_traced.look(_lab(workspace, client or _Client()))
    return failure.value


def _lab(workspace: Path, client: _Client) -> CheckContext:
    return cast(CheckContext, SimpleNamespace(client=client, workspace=workspace, vary={"invoice": "4711"}))


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({}, "nothing"),
        ({"pod": ""}, "nothing"),
        ({"error": ""}, "nothing"),
        ({"pod": "prj-02-0"}, "prj-02-0"),
        ({"version": "v1.1.0"}, "v1.1.0"),
        ({"error": "500"}, "500"),
        ({"error": "internal error"}, "internal error"),
        ({"error": "EIS"}, "EIS"),
    ],
)
def test_a_field_that_is_wrong_is_told(tmp_path: Path, answer: dict[str, str], value: str) -> None:
    assert _card(tmp_path, {**_RIGHT, **answer} if answer else {}).seen == value


@pytest.mark.parametrize(
    ("spoil", "observed"),
    [
        (lambda file: file.unlink(), "no such file"),
        (lambda file: file.write_bytes("pod = 가\n".encode("euc-kr")), "line 1 is no text in UTF-8"),
    ],
    ids=["deleted", "of another encoding"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, spoil: Callable[[Path], object], observed: str) -> None:
    _card(tmp_path, _RIGHT)
    spoil(tmp_path / "incident.txt")
    with pytest.raises(CheckFailed) as failure:
        logs.request_traced.look(_lab(tmp_path, _Client()))
    assert failure.value.seen == f"incident.txt: {observed}"


@pytest.mark.parametrize("error", ["EISDIR", "Error: EISDIR: illegal operation on a directory, read"])
def test_an_error_may_be_told_with_its_words(tmp_path: Path, error: str) -> None:
    card = _card(tmp_path, {**_RIGHT, "pod": f"pod/{_GONE}", "error": error})
    assert "incident.txt" not in card.expected, "it goes on to what runs now, which is nothing here"


def test_lines_that_are_still_to_come_are_waited_for(tmp_path: Path) -> None:
    assert isinstance(_card(tmp_path, _RIGHT, _Client(is_collected=False)), Unsettled)


def test_what_was_never_collected_is_not_waited_for(tmp_path: Path) -> None:
    card = _card(tmp_path, _RIGHT, _Client("2026-01-31T02:15:00Z", is_collected=False))
    assert not isinstance(card, Unsettled)
    assert "younger" in card.seen
