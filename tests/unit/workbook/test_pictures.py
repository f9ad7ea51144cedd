from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest

from lab_helpers.kube.timeline import Phase, PodSample
from lab_helpers.kube.traffic import Request
from lab_helpers.workbook.drawing import FAILURE
from lab_helpers.workbook.pictures import Moment, Picture, Survival, persistence_picture, rollout_picture

START = 1_795_460_834.0
GONE = {"web-old": START + 6.0}


def sample(at: float, pod: str, phase: Phase, tag: str = "v1.0.0") -> PodSample:
    return PodSample(START + at, pod, 1, tag, phase)


SAMPLES = [
    sample(0, "web-old", "ready"),
    sample(1, "web-new", "pending", "v1.1.0"),
    sample(2, "web-new", "running", "v1.1.0"),
    sample(3, "web-new", "ready", "v1.1.0"),
    sample(3.5, "web-old", "terminating"),
]
MOMENTS = [Moment(START + 1, "apply v1.1.0"), Moment(START + 5.9, "rollout complete")]


def requests(seconds: float, failing: tuple[float, float] = (0, 0)) -> list[Request]:
    made = []
    for number in range(1, int(seconds * 20) + 1):
        at = number / 20
        failed = failing[0] < at <= failing[1]
        version = "" if failed else "v1.0.0" if at < 3 else "v1.1.0"
        error = "ECONNREFUSED" if failed else ""
        made.append(Request(number, START + at, 0 if failed else 200, version, 5, error, ""))
    return made


def crosses(picture: Picture) -> int:
    """How many failures have a cross: matplotlib draws one ``<use>`` for each marker."""
    return len(re.findall(rf"<use [^>]*stroke: {FAILURE.lower()}", picture.svg))


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (rollout_picture(SAMPLES, requests(8, (3, 4)), MOMENTS, GONE) for _ in range(2))
    assert first.svg == second.svg
    rows = [Survival("claim", {"pod deleted": True})]
    assert persistence_picture(rows).svg == persistence_picture(rows).svg


def test_it_is_one_well_formed_element_with_a_title() -> None:
    svg = ElementTree.fromstring(rollout_picture(SAMPLES, requests(8), MOMENTS, GONE).svg)
    space = "{http://www.w3.org/2000/svg}"
    assert svg.tag == f"{space}svg"
    assert svg.get("role") == "img"
    assert svg.findtext(f"{space}title") == "160 requests, none failed"
    assert "by v1.1.0" in (svg.findtext(f"{space}desc") or "")


def test_what_was_done_and_who_did_it_can_be_read() -> None:
    svg = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE).svg
    for told in ("apply v1.1.0", "rollout complete", "v1.0.0", "v1.1.0", "160 requests, none failed", "terminating"):
        assert f">{told}</text>" in svg


def test_three_minutes_are_small_enough_to_keep() -> None:
    html = rollout_picture(SAMPLES, requests(180, (20, 160)), MOMENTS, GONE)._repr_html_()
    assert len(html) < 150_000


def test_every_failure_has_its_cross() -> None:
    picture = rollout_picture(SAMPLES, requests(8, (3, 3.5)), MOMENTS, GONE)
    assert crosses(picture) == 10
    assert ">10 failed</text>" in picture.svg
    assert picture.title == "Rollout: 160 requests, 10 failed"


def test_a_single_failure_among_thousands_is_not_lost() -> None:
    picture = rollout_picture(SAMPLES, requests(180, (90, 90.05)), MOMENTS, GONE)
    assert crosses(picture) == 1
    assert ">1 failed</text>" in picture.svg


def test_thousands_of_failures_are_counted_where_they_are_not_all_drawn() -> None:
    picture = rollout_picture(SAMPLES, requests(180, (20, 160)), MOMENTS, GONE)
    assert 10 < crosses(picture) <= 200
    assert ">2800 failed</text>" in picture.svg


def test_no_failure_no_vermillion() -> None:
    picture = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE)
    assert FAILURE.lower() not in picture.svg.lower()


def test_nothing_has_a_ground_of_its_own() -> None:
    svg = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE).svg
    assert "#ffffff" not in svg
    assert "#000000" not in svg


@pytest.mark.parametrize("samples", [[], SAMPLES])
@pytest.mark.parametrize("sent", [[], requests(8), requests(8)[:1]])
def test_a_picture_begins_before_there_is_much_to_see(samples: list[PodSample], sent: list[Request]) -> None:
    picture = rollout_picture(samples, sent)
    assert picture.svg.startswith("<svg")
    assert ("no requests were sent" in picture.text) == (not sent)


def test_labels_that_would_run_into_each_other_are_put_apart() -> None:
    close = [Moment(START + 1, "one thing happened"), Moment(START + 1.1, "another thing happened")]
    svg = rollout_picture(SAMPLES, requests(8), close, GONE).svg
    heights = [re.findall(rf"<text[^>]*y=\"([\d.]+)\"[^>]*>{moment.text}", svg) for moment in close]
    assert heights[0]
    assert heights[0] != heights[1]


def test_the_text_says_the_same() -> None:
    text = rollout_picture(SAMPLES, requests(8, (3, 3.5)), MOMENTS, GONE).text
    assert text.splitlines()[0] == "160 requests, 10 failed"
    assert "web-old  v1.0.0    ready 0.0-3.5 s, terminating 3.5-6.0 s" in text
    assert "at   1.0 s  apply v1.1.0" in text
    assert "ECONNREFUSED" in text
    assert "and 5 more failures" in text


def test_it_shows_as_an_image_that_outlives_a_sanitiser() -> None:
    picture = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE)
    shown = picture._repr_mimebundle_()
    assert shown["text/plain"] == repr(picture) == picture.text
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown["text/html"])
    assert found is not None
    assert base64.b64decode(found[1]).decode() == picture.svg
    assert 'alt="Rollout: 160 requests, none failed"' in shown["text/html"]


def test_what_survived_is_told_by_word_and_sign() -> None:
    rows = [
        Survival("claim prj-02-data", {"container restarted": True, "pod deleted": True}),
        Survival("emptyDir cache", {"container restarted": True, "pod deleted": False, "node lost": None}),
    ]
    picture = persistence_picture(rows)
    assert picture.text.splitlines() == [
        "                   container restarted  pod deleted  node lost",
        "claim prj-02-data  ✓ survived           ✓ survived   – not tried",
        "emptyDir cache     ✓ survived           ✗ lost       – not tried",
    ]
    assert picture.svg.count(">✓ survived</text>") == 3
    assert picture.svg.count(">✗ lost</text>") == 1
    assert "emptyDir cache: container restarted: survived, pod deleted: lost" in picture.title
