"""A Korean learner's room: map, prose, menus, cards, hints, a picture and the terminal, in light and in dark."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from lab_helpers import wait
from lab_helpers.language import LAB_LANGUAGE
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import outlines
from tests.browser.conftest import Judge, Screenshot, hangul_drawn_as_boxes
from tests.browser.room import Room, open_from_map, own_room, quiet_page, type_in_terminal, wear

pytestmark = pytest.mark.browser

_OURS = "section[aria-label], .lab-picture"
_FIRST = "03_cluster"
_PICTURED = "05_first_deploy"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with own_room(tmp_path_factory.mktemp("state")) as room:
        yield room


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this test expects is asked of the same catalogue."""
    monkeypatch.setenv(LAB_LANGUAGE, "ko")


def test_it_is_korean(room: Room, browser: Browser, screenshot: Screenshot, judge: Judge) -> None:
    outline = outlines.load(_FIRST)
    with room.open("--language", "ko") as address, quiet_page(browser) as page:
        page.goto(address)
        expect(page.locator(".jp-MarkdownViewer h1")).to_contain_text(_("The map"), timeout=60_000)
        assert hangul_drawn_as_boxes(page.locator(".jp-MarkdownViewer")) == []
        expect(page.locator(".lm-MenuBar")).to_contain_text("파일")
        screenshot(page, "room-map-ko")

        notebook = open_from_map(page, room, _FIRST)
        assert hangul_drawn_as_boxes(notebook.panel.locator(".jp-MarkdownOutput").first) == []
        screenshot(page, "room-notebook-ko")

        notebook.run("parameters", "start")
        prediction = notebook.cell("step-1-prediction").run()
        expect(prediction.card).to_contain_text(_("{step} no prediction yet").format(step="3.1"))
        failed = notebook.cell("step-1-check").run()
        title = _("{step} not yet: {title}").format(step="3.1", title="")
        expect(failed.card).to_contain_text(f"✗ {title.strip()}")
        expect(failed.card).to_contain_text(_("expected"))
        expect(failed.errors).to_have_text(_("The card above says what to do next."))
        hint = notebook.try_out("step-1-check", 'lab.hint("3.1")')
        expect(hint.card).to_contain_text(_(outline.step("3.1").hints[0]).replace("`", ""))
        _expect_good(page, hint.card, judge, screenshot, "room-failed")

        notebook.predict("step-1-prediction")
        notebook.run(*notebook.code[notebook.code.index("step-1-prediction") + 1 : notebook.code.index("step-1-check")])
        passed = notebook.cell("step-1-check").run()
        expect(passed.card).to_contain_text("✓ 3.1")
        expect(passed.card).to_contain_text(_("you predicted"))
        _expect_good(page, passed.card, judge, screenshot, "room-passed")

        type_in_terminal(page, "lab status | tee status.txt")
        status_file = room.workspace / _FIRST / "status.txt"
        how_far = _("{done} of {all} steps").format(done=1, all=3)
        wait.until(
            lambda: status_file.exists() and how_far in status_file.read_text(),
            seconds=30,
            outcome="be told",
            object="lab status",
        )
        screenshot(page, "room-terminal-ko")


def test_its_pictures_are_korean(room: Room, browser: Browser, screenshot: Screenshot, judge: Judge) -> None:
    with room.open("--language", "ko") as address, quiet_page(browser) as page:
        page.goto(address)
        notebook = open_from_map(page, room, _PICTURED)
        names = notebook.code[: notebook.code.index("step-3-check") + 1]
        notebook.run(*names[: names.index("start") + 1])
        for name in names[names.index("start") + 1 :]:
            notebook.predict(name) if name.endswith("-prediction") else notebook.run(name)
        picture = notebook.cell("step-3-watch").element.locator("img.lab-picture")
        expect(picture).to_have_attribute("alt", re.compile("[가-힣]"))
        _expect_good(page, picture, judge, screenshot, "room-picture")


def _expect_good(page: Page, shown: Locator, judge: Judge, screenshot: Screenshot, name: str) -> None:
    """In both themes axe-core finds nothing serious; what it looks like is kept."""
    for theme in ("dark", "light"):
        wear(page, theme, "설정", "테마")
        shown.scroll_into_view_if_needed()
        screenshot(page, f"{name}-{theme}-ko")
        assert judge(page, _OURS) == []
