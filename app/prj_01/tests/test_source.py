from __future__ import annotations

import json

import pytest

from prj_01.source import FeedError, Source
from prj_01.web import Answer, WebServer
from samples import readings


@pytest.fixture
def answers():
    return []


@pytest.fixture
def source(answers):
    """A feed that gives one answer after the other."""
    server = WebServer("127.0.0.1", 0, "v9.9.9", {"/readings": lambda query: answers.pop(0)})
    server.start()
    yield Source(f"http://127.0.0.1:{server.server_address[1]}/readings", seconds=5)
    server.shutdown()
    server.server_close()


def _json(*sequences):
    return Answer([reading.as_json() for reading in readings(*sequences)])


def test_it_gives_what_follows(source, answers):
    answers.append(_json(4, 5, 9))
    assert source.readings_after(3, 10) == readings(4, 5, 9)


@pytest.mark.parametrize(
    "answer",
    [
        _json(3, 4),
        _json(5, 4),
        _json(4, 4),
        _json(4, 5, 6),
        Answer({"error": "x"}, 500),
        Answer({"error": "no list"}),
        Answer(None),
        Answer(b"<html>"),
        Answer(json.dumps([{"sequence": 4}]).encode()),
        Answer(b"[" * 100_000),
    ],
    ids=["before", "backwards", "twice", "too many", "500", "no list", "null", "no JSON", "no reading", "too deep"],
)
def test_what_cannot_be_is_an_error_of_the_feed(source, answers, answer):
    answers.append(answer)
    with pytest.raises(FeedError):
        source.readings_after(3, 2)


def test_a_feed_that_is_not_there_is_one_too():
    with pytest.raises(FeedError, match="refused"):
        Source("http://127.0.0.1:9/readings").readings_after(0, 1)
