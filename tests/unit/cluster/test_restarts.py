"""A program that a keeper serves with is started again when it ends, and not for ever."""

from __future__ import annotations

import selectors
import subprocess

import pytest

from lab_helpers.cluster import restarts
from lab_helpers.cluster.restarts import Restarted


def test_a_killed_program_is_started_again() -> None:
    with selectors.DefaultSelector() as selector:
        program = Restarted("sleep", lambda: subprocess.Popen(["sleep", "3600"], text=True), selector)
        first = program.process
        assert program.seconds_left is None
        first.kill()
        [(key, _events)] = selector.select(120)
        assert key.data is program
        assert program.has_ended()
        assert program.seconds_left is not None
        assert selector.select(program.seconds_left) == [], "nothing is to be seen of it before it is due"
        assert program.seconds_left == 0
        program.begin()
        assert program.process.pid != first.pid
        assert program.process.poll() is None
        program.process.kill()
        program.process.wait()


def test_what_cannot_be_kept_running_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarts, "_SHORT_LIFE_SECONDS", 600)
    with selectors.DefaultSelector() as selector:
        program = Restarted("false", lambda: subprocess.Popen(["false"], text=True), selector)
        lives = 1
        while True:
            selector.select(120)
            if not program.has_ended():
                break
            lives += 1
            program.begin()
    assert lives == 12


def test_one_long_life_makes_up_for_short_ones() -> None:
    assert restarts.short_lives(11, 0.1) == 12
    assert restarts.short_lives(11, 60.0) == 0
    assert restarts.delay(0) < restarts.delay(11) <= 2.0
