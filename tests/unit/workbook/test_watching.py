from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from lab_helpers import wait
from lab_helpers.errors import CheckFailed, LabError, WaitTimeout
from lab_helpers.kube.client import Client
from lab_helpers.kube.watch import Outage
from lab_helpers.observe.milestones import Milestone, Milestones
from lab_helpers.observe.probe import Probe
from lab_helpers.observe.timeline import Phase, PodSample, PodTimeline
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.course.outlines import Watched
from lab_helpers.workbook.course.streams import judged
from lab_helpers.workbook.pictures.observation import RolloutObservation
from lab_helpers.workbook.session.watching import RolloutWatch


def _sample(at: float, pod: str, tag: str, phase: Phase) -> PodSample:
    return PodSample(at, pod, 1, tag, phase)


def _request(number: int, version: str, *, status: int = 200) -> Request:
    return Request(number, float(number), status, version, 1.0, "", "{}")


def test_what_happened_has_a_name() -> None:
    samples = [
        _sample(0.0, "old", "v1.0.0", "ready"),
        _sample(2.1, "new", "v1.1.0", "pending"),
        _sample(2.5, "new", "v1.1.0", "running"),
        _sample(3.0, "new", "v1.1.0", "ready"),
        _sample(6.0, "bad", "v1.2.0", "pending"),
        _sample(17.0, "old", "v1.1.0", "ready"),  # was there before: nothing new
    ]
    milestones = [
        Milestone(0.0, "asked for", "v1.0.0"),
        Milestone(0.1, "complete", "v1.0.0"),  # found so: it began before
        Milestone(2.0, "asked for", "v1.1.0"),
        Milestone(4.0, "complete", "v1.1.0"),
        Milestone(5.0, "asked for", "v1.2.0"),
        Milestone(15.0, "stalled", "v1.2.0"),
        Milestone(16.0, "asked for", "v1.1.0"),
        Milestone(16.1, "complete", "v1.1.0"),
        Milestone(18.0, "asked for", "v1.1.0"),
        Milestone(19.0, "deleted", "v1.1.0"),
    ]
    observation = RolloutObservation(samples, {}, [], milestones)
    assert [(moment.at, moment.text) for moment in observation.moments] == [
        (2.0, "v1.1.0 begins"),
        (3.0, "v1.1.0 Ready"),
        (4.0, "v1.1.0 rolled out"),
        (5.0, "v1.2.0 begins"),
        (15.0, "v1.2.0 stalled"),
        (16.0, "back to v1.1.0"),
        (16.1, "v1.1.0 rolled out"),
        (18.0, "v1.1.0 restarts"),
        (19.0, "Deployment deleted"),
    ]
    assert [milestone.at for milestone in observation.asked_for] == [0.0, 2.0, 5.0, 16.0, 18.0]


def test_an_outage_is_a_gap_in_the_picture_and_a_pause_is_no_outage() -> None:
    samples = [_sample(0.0, "web", "v1", "ready")]
    sent = [_request(number, "v1") for number in range(1, 80)]
    outages = [Outage(20.0, 60.0), Outage(79.5, 140.0)]
    observation = RolloutObservation(samples, {}, [*sent, _request(140, "v1"), _request(141, "v1")], outages=outages)
    assert [(moment.at, moment.text) for moment in observation.moments] == [
        (20.0, "no answer from the API server for 40 s"),
        (79.0, "this machine paused for 61 s"),
    ]
    assert observation.picture.svg.count('class="gap"') == 2
    assert "no answer from the API server for 40 s" in observation.picture.text


def test_a_failed_request_is_nobodys_answer() -> None:
    observation = RolloutObservation([], {}, [_request(1, "v1"), _request(2, "v1", status=503), _request(3, "v2")])
    assert [request.number for request in observation.failures] == [2]
    assert [request.number for request in observation.answered_by("v1")] == [1]


def test_no_pod_was_ready_from_the_last_that_went_to_the_first_that_came() -> None:
    down_and_up = [
        _sample(0.0, "web-1", "v1.1.0", "pending"),  # before the first was Ready nobody was missed
        _sample(1.0, "web-1", "v1.1.0", "ready"),
        _sample(5.0, "web-1", "v1.1.0", "terminating"),
        _sample(7.5, "web-2", "v1.2.0", "ready"),
    ]
    assert RolloutObservation(down_and_up, {}, []).seconds_without_ready_pod == 2.5
    rolled = [
        _sample(1.0, "web-1", "v1.1.0", "ready"),
        _sample(4.0, "web-2", "v1.2.0", "ready"),
        _sample(5.0, "web-1", "v1.1.0", "terminating"),
    ]
    assert RolloutObservation(rolled, {}, []).seconds_without_ready_pod == 0.0
    assert (
        RolloutObservation([*rolled, _sample(9.0, "web-2", "v1.2.0", "terminating")], {}, []).seconds_without_ready_pod
        == 0.0
    ), "nothing came after"
    assert RolloutObservation([], {}, []).seconds_without_ready_pod == 0.0


def test_a_last_pod_that_was_deleted_by_force_is_missed_until_the_next() -> None:
    by_force = [_sample(1.0, "web-1", "v1.1.0", "ready"), _sample(7.0, "web-2", "v1.1.0", "ready")]
    assert RolloutObservation(by_force, {"web-1": 4.0}, []).seconds_without_ready_pod == 3.0
    never_back = RolloutObservation(by_force[:1], {"web-1": 4.0}, [_request(9, "", status=503)])
    assert never_back.seconds_without_ready_pod == pytest.approx(5.0, abs=0.01)


def test_when_a_release_was_asked_for_is_known_only_where_it_was_seen() -> None:
    milestones = [
        Milestone(0.0, "asked for", "v1.0.0"),
        Milestone(3.0, "asked for", "v1.1.0"),
        Milestone(9.0, "asked for", "v1.1.0"),
    ]
    observation = RolloutObservation([], {}, [], milestones)
    assert (observation.sent_at("v1.0.0"), observation.sent_at("v1.1.0"), observation.sent_at("v1.2.0")) == (
        None,
        9.0,
        None,
    )


def _raise(error: LabError) -> Callable[..., None]:
    def end(*_arguments: object) -> None:
        raise error

    return end


def test_a_stream_is_given_up_whatever_has_become_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever starts the next one would be told of the last one's end."""
    for kind in (Probe, PodTimeline, Milestones):
        end = "delete" if kind is Probe else "stop"
        monkeypatch.setattr(kind, end, _raise(WaitTimeout("did not answer within 15 s")))
    watch = RolloutWatch(cast(Client, None), Watched("web", "one", "http://web.one/", "image"), Path("config.json"))
    watch.abandon()
    assert watch.is_over


def test_a_stream_that_could_not_be_ended_is_lost_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probe, "stop", _raise(WaitTimeout("did not hear that it shall end within 20 s")))
    watch = RolloutWatch(cast(Client, None), Watched("web", "one", "http://web.one/", "image"), Path("config.json"))
    with pytest.raises(WaitTimeout):
        watch.stop("5.3")
    with pytest.raises(CheckFailed, match="one that was lost: did not hear"):
        judged(watch, "5.3", "again")


def test_a_stream_is_ended_in_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an accounting of its requests would be none, however little time its check has left."""
    seconds: list[float] = []
    monkeypatch.setattr(Probe, "stop", lambda _: seconds.append(wait.at_most(20)))
    watch = RolloutWatch(cast(Client, None), Watched("web", "one", "http://web.one/", "image"), Path("config.json"))
    with wait.look(0.1):
        watch.stop("5.3")
    assert seconds == [20]
