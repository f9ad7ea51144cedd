"""The address of a learner's room: it stays, it is private, and what stands in its way is said."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from lab_helpers import LabError, paths
from lab_helpers.cli.jupyter import address
from lab_helpers.cli.jupyter.address import claim


@pytest.fixture(autouse=True)
def _own_state_and_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    first = address._any_port()  # rooms of others, opened at this very moment, take those that are usual
    monkeypatch.setattr(address, "_PORTS", range(first, first + 20))


def test_it_is_the_same_each_time_and_private() -> None:
    first = claim("lab", None)
    assert claim("lab", None) == first
    assert first.url == f"http://127.0.0.1:{first.port}/lab?token={first.token}"
    assert (paths.room_directory("lab") / "address.json").stat().st_mode & 0o077 == 0


def test_no_two_labs_have_the_same() -> None:
    mine, other = claim("lab", None), claim("other", None)
    assert mine.port != other.port
    assert mine.token != other.token


def test_another_port_is_kept_and_the_token_stays() -> None:
    before = claim("lab", None)
    after = claim("lab", 0)
    assert claim("lab", None) == after
    assert after.token == before.token


def test_a_port_that_is_in_use_is_named() -> None:
    port = claim("lab", None).port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(LabError, match=rf"port {port}: Address already in use") as raised:
            claim("lab", None)
        assert raised.value.next_step == "lab open --name lab --port 0"
        assert claim("lab", 0).port != port


@pytest.mark.parametrize("content", ["", "{", '{"port": "x"}', "[]"])
def test_what_is_left_of_it_after_a_full_disk_is_made_again(content: str) -> None:
    claim("lab", None)
    (paths.room_directory("lab") / "address.json").write_text(content)
    assert claim("lab", None).port
