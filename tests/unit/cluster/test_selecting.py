"""Of what was ready at once, only what is still registered has its turn."""

from __future__ import annotations

import os
import selectors
from collections.abc import Iterator

import pytest

from lab_helpers.cluster.embedded.selecting import ready_keys


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    """Two pipes, called a and b, that both have something to read."""
    ends = [os.pipe(), os.pipe()]
    with selectors.DefaultSelector() as selector:
        for name, (reading, writing) in zip("ab", ends, strict=True):
            os.write(writing, b"x")
            selector.register(reading, selectors.EVENT_READ, name)
        yield selector
    for reading, writing in ends:
        for end in (reading, writing):
            os.close(end)


def test_all_that_is_ready_has_its_turn(selector: selectors.BaseSelector) -> None:
    assert [key.data for key in ready_keys(selector, 60)] == ["a", "b"]


def test_what_an_earlier_one_has_unregistered_has_none(selector: selectors.BaseSelector) -> None:
    keys = ready_keys(selector, 60)
    first = next(keys)
    [other] = [key for key in selector.get_map().values() if key is not first]
    selector.unregister(other.fd)
    assert list(keys) == []


def test_what_has_the_same_descriptor_since_has_none_either(selector: selectors.BaseSelector) -> None:
    keys = ready_keys(selector, 60)
    first = next(keys)
    [other] = [key for key in selector.get_map().values() if key is not first]
    selector.unregister(other.fd)
    selector.register(other.fd, selectors.EVENT_READ, "c")
    assert list(keys) == []
