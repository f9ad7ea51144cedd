from __future__ import annotations

import base64
import itertools
import re
from xml.etree import ElementTree

import pytest

from lab_helpers.observe.dashboards import Curve, Dashboard, Panel
from lab_helpers.observe.timeline import Phase, PodSample
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.pictures.drawing import shortened, text_width, version_looks
from lab_helpers.workbook.pictures.node_model import losses
from lab_helpers.workbook.pictures.picture import (
    Commit,
    Moment,
    Picture,
    Survival,
    commits_picture,
    dashboard_picture,
    persistence_picture,
    rollout_picture,
)

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
    request_list = []
    for number in range(1, int(seconds * 20) + 1):
        at = number / 20
        failed = failing[0] < at <= failing[1]
        version = "" if failed else "v1.0.0" if at < 3 else "v1.1.0"
        error = "ECONNREFUSED" if failed else ""
        request_list.append(Request(number, START + at, 0 if failed else 200, version, 5, error, ""))
    return request_list


def crosses(picture: Picture) -> int:
    """How many failures have a cross; the legend has one too."""
    return picture.svg.count('<path class="cross"') - 1


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
    assert "rollout complete at 5.9 s" in (svg.findtext(f"{space}desc") or "")


def test_what_was_done_and_who_did_it_can_be_read() -> None:
    svg = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE).svg
    for text in (
        "apply v1.1.0",
        "rollout complete",
        "v1.0.0",
        "v1.1.0",
        "160 requests, none failed",
        "59 answers",
        "revision 1",
    ):
        assert f">{text}</text>" in svg


def test_three_minutes_are_small_enough_to_keep() -> None:
    html = rollout_picture(SAMPLES, requests(180, (20, 160)), MOMENTS, GONE)._repr_html_()
    assert len(html) < 150_000


def test_every_failure_has_its_cross() -> None:
    picture = rollout_picture(SAMPLES, requests(8, (3, 3.5)), MOMENTS, GONE)
    assert crosses(picture) == 10
    assert ">10 failed</text>" in picture.svg
    assert picture.title.startswith("Rollout: 160 requests, 10 failed; answered: ")
    assert ">first at 3.0 s: ECONNREFUSED</text>" in picture.svg


def test_a_single_failure_among_thousands_is_not_lost() -> None:
    picture = rollout_picture(SAMPLES, requests(180, (90, 90.05)), MOMENTS, GONE)
    assert crosses(picture) == 1
    assert ">1 failed</text>" in picture.svg


def test_thousands_of_failures_are_counted_where_they_are_not_all_drawn() -> None:
    picture = rollout_picture(SAMPLES, requests(180, (20, 160)), MOMENTS, GONE)
    assert 10 < crosses(picture) <= 200
    assert ">2800 failed</text>" in picture.svg


def test_no_failure_no_sign_of_one() -> None:
    svg = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE).svg
    assert re.findall(r'class="[^"]*(?:fail|cross|alarm)', svg) == []


def test_every_phase_has_its_own_shape() -> None:
    svg = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE).svg
    bars = set(re.findall(r'<rect class="(v\d[ a-z]*)" [^>]*height="(1[0-9]|4[.0-9]*)"', svg))
    assert {("v1 hollow", "13"), ("v1", "4.3"), ("v1", "13"), ("v0 fading", "13")} <= bars


def test_each_answer_is_in_the_lane_of_its_release() -> None:
    svg = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE).svg
    assert [svg.count(f">{count} answers</text>") for count in (59, 101)] == [1, 1]


def test_it_adapts_to_light_and_dark_and_asks_for_nothing() -> None:
    svg = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE).svg
    assert "@media screen and (prefers-color-scheme:dark)" in svg
    assert "href" not in svg
    assert "url(" not in svg


def test_quiet_before_and_after_is_left_out_and_said_so() -> None:
    late = [sample(100, "web-new", "pending", "v1.1.0"), sample(103, "web-new", "ready", "v1.1.0")]
    picture = rollout_picture([SAMPLES[0], *late], requests(300), [Moment(START + 100, "apply v1.1.0")])
    assert ">285 s in which nothing happened are not shown</text>" in picture.svg
    assert picture.text.splitlines()[0] == "6000 requests, none failed"
    assert "6.0 s  apply v1.1.0" in picture.text.splitlines()
    assert ">59 answers</text>" in picture.svg


def test_a_failure_is_never_left_out() -> None:
    late = [sample(100, "web-new", "pending", "v1.1.0"), sample(103, "web-new", "ready", "v1.1.0")]
    moments = [Moment(START + 100, "apply v1.1.0")]
    picture = rollout_picture([SAMPLES[0], *late], requests(300, (10, 10.05)), moments)
    assert crosses(picture) == 1
    assert ">195 s in which nothing happened are not shown</text>" in picture.svg


def test_a_dark_theme_of_jupyterlab_is_told_to_the_image() -> None:
    html = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE)._repr_html_()
    assert 'body[data-jp-theme-light="false"] .lab-picture{color-scheme:dark}' in html
    assert '<img class="lab-picture" ' in html


def test_a_long_name_is_cut_in_its_middle() -> None:
    assert shortened("prj-02-77f9c8d5b4-x2klm", 100) == "prj-02…-x2klm"
    assert shortened("prj-02", 100) == "prj-02"
    assert text_width("배포") > text_width("ab") > text_width("il")


def test_a_release_has_one_colour_in_all_pictures() -> None:
    releases = ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"]
    looks = version_looks(releases)
    assert len(set(looks.values())) == len(releases)
    for earlier, later in itertools.pairwise(releases):
        for pair in ((earlier, later), (later, earlier)):
            assert version_looks(pair) == {version: looks[version] for version in pair}


@pytest.mark.parametrize("versions", [["v1.1.0", "v1.0.1"], ["sha-0a1b2c3", "", "latest"], ["v2.0.0", "v1.1.0"]])
def test_no_two_releases_of_a_picture_look_the_same(versions: list[str]) -> None:
    assert len(set(version_looks(versions).values())) == len(versions)


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


def test_the_text_is_a_table_that_says_the_same() -> None:
    picture = rollout_picture(SAMPLES, requests(8, (3, 3.5)), MOMENTS, GONE)
    lines = picture.text.splitlines()
    assert lines[0] == "160 requests, 10 failed"
    assert "web-old  v1.0.0   ready 0.0-3.5 s, terminating 3.5-6.0 s" in lines
    assert "1.0 s  apply v1.1.0" in lines
    assert "3.0 s  61       ECONNREFUSED" in lines
    assert any(line.endswith("and 5 more") for line in lines)
    assert picture._repr_html_().count("<table") == 3


def test_it_shows_as_an_image_that_outlives_a_sanitiser() -> None:
    picture = rollout_picture(SAMPLES, requests(8), MOMENTS, GONE)
    shown = picture._repr_mimebundle_()
    assert shown["text/plain"] == repr(picture) == picture.text
    match = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown["text/html"])
    assert match is not None
    assert base64.b64decode(match[1]).decode() == picture.svg
    assert 'alt="Rollout: 160 requests, none failed; answered: 59 by v1.0.0, ' in shown["text/html"]


def test_what_survived_is_told_by_word_and_sign() -> None:
    rows = [
        Survival("claim prj-02-data", {"container restarted": True, "pod deleted": True}, "/app/data/nonce"),
        Survival("emptyDir cache", {"container restarted": True, "pod deleted": False, "node lost": None}),
    ]
    picture = persistence_picture(rows)
    assert picture.text.splitlines() == [
        "place              container restarted  pod deleted  node lost",
        "claim prj-02-data  ✓ survived           ✓ survived   – not tried",
        "emptyDir cache     ✓ survived           ✗ lost       – not tried",
    ]
    assert picture.svg.count(">✓ survived</text>") == 3
    assert picture.svg.count(">✗ lost</text>") == 1
    assert ">/app/data/nonce</text>" in picture.svg
    assert "emptyDir cache: container restarted: survived, pod deleted: lost" in picture.title


def test_a_dashboard_says_in_tables_what_its_curves_show() -> None:
    curve = Curve("v1.3.0", ((START, 1.0), (START + 1, 0.5), (START + 60, 2e-9)))
    memory = Curve("web", ((START, 1024.0 * 1024),))
    panels = (Panel("Errors", "percentunit", (curve,)), Panel("Memory", "bytes", (memory,)), Panel("Lag", "s", ()))
    dashboard = Dashboard("Applications", START, START + 120, panels)
    first, second = (dashboard_picture(dashboard) for _ in range(2))
    assert first.svg == second.svg
    ElementTree.fromstring(first.svg)
    rows = [row for table in first.tables for row in table.rows]
    assert rows == [
        ["v1.3.0", "2e-07 %", "100 %", "2e-07 %"],
        ["web", "1 MiB", "1 MiB", "1 MiB"],
        ["no data", "", "", ""],
    ]
    strokes = re.findall(r'class="curve v\d" d="(M[^"]*h1)"', first.svg)
    assert [stroke.count("M") for stroke in strokes] == [2, 1], "a line breaks where there was no value"
    assert "no data" in first.svg


def test_a_commit_that_was_never_applied_has_nothing_in_the_cluster() -> None:
    applied = Commit("10c00e2", "Deploy v1.1.0", "v1.1.0", 4.4)
    broken = Commit("dde423f", "Break the overlay", "v9.9.9", None)
    picture = commits_picture([applied, broken])
    assert ">v1.1.0</text>" in picture.svg
    assert ">v9.9.9</text>" not in picture.svg
    assert picture.title.endswith("10c00e2 Deploy v1.1.0, applied after 4 s; dde423f Break the overlay, never applied")
    assert [row[-1] for row in picture.tables[0].rows] == ["applied after 4 s", "never applied"]


def on_node(at: float, pod: str, phase: Phase, node: str) -> PodSample:
    return PodSample(START + at, pod, 1, "v1.0.0", phase, node)


DEATH = [
    on_node(0, "web-a", "ready", "lab-1"),
    on_node(0, "web-b", "ready", "lab-2"),
    on_node(20, "web-b", "running", "lab-2"),
    on_node(25, "web-b", "terminating", "lab-2"),
    on_node(25.1, "web-c", "pending", ""),
    on_node(27, "web-c", "running", "lab-1"),
    on_node(28, "web-c", "ready", "lab-1"),
]


def test_a_node_that_dies_has_its_moments() -> None:
    moments = [(moment.at - START, moment.text) for moment in losses(DEATH)]
    assert moments == [(20, "lab-2 counts as lost"), (25, "its pods are given up"), (28, "2 Ready again")]


@pytest.mark.parametrize(
    "samples",
    [
        SAMPLES,
        [*DEATH[:3], on_node(22, "web-b", "ready", "lab-2"), on_node(25, "web-b", "terminating", "lab-2")],
        DEATH[:3],
    ],
)
def test_pods_that_end_in_order_are_no_death(samples: list[PodSample]) -> None:
    assert losses(samples) == []


def test_pods_stand_in_the_lane_of_their_node() -> None:
    picture = rollout_picture(DEATH, requests(30, failing=(4, 20)), losses(DEATH), is_by_node=True)
    names = [name.split("<")[0] for name in picture.svg.split('<text class="name"')[1:]]
    assert [name.split(">")[1] for name in names][:3] == ["lab-1", "lab-2", "v1.0.0"]
    assert "web-c" in picture.text
    assert picture.tables[0].rows[1][:2] == ("web-b", "lab-2")
    assert picture.tables[0].rows[2][:2] == ("web-c", "lab-1"), "where it came to be"
    assert crosses(picture) > 0
