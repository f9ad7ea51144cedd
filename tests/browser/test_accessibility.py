"""Report, cards, pictures, light and dark, English and Korean: axe-core finds nothing serious; nothing is cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from lab_helpers.language import SOURCE
from lab_helpers.run.report.writing import write_report
from tests.browser import samples
from tests.browser.conftest import SCREENSHOTS, ColourAt, Judge, Screenshot, hangul_drawn_as_boxes

pytestmark = pytest.mark.browser

# A page as JupyterLab is one: its own ground and text colour, in the reader's scheme.
_AROUND = """<!doctype html><html lang="en"><head><title>Samples</title><style>:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 16px; }</style></head><body><main><h1>Samples</h1>%s</main></body>
</html>"""

_RUN_OUT_OF_BOXES = """[...document.querySelectorAll('svg .box')].map(box => box.getBBox()).flatMap(box =>
    [...document.querySelectorAll('svg text')].filter(text => {
        const { x, y, width } = text.getBBox();
        const begins = x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height;
        return begins && x + width > box.x + box.width - 4;
    }).map(text => text.textContent))"""


def _show(page: Page, directory: Path, shown: str) -> None:
    file = directory / "samples.html"
    file.write_text(_AROUND % shown, encoding="utf-8")
    page.goto(file.as_uri())


def _look(scheme: str, spoken: str) -> str:
    return scheme if spoken == SOURCE else f"{scheme}-{spoken}"


def _expect_language(page: Page, spoken: str, within: str) -> None:
    """The language is the one that was asked for, and its letters are there."""
    if spoken != SOURCE:
        assert hangul_drawn_as_boxes(page.locator(within).first) == []


def _is_wider_than_the_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("passed", [True, False], ids=["passed", "failed"])
def test_the_report(
    passed: bool, page: Page, scheme: str, spoken: str, tmp_path: Path, judge: Judge, screenshot: Screenshot
) -> None:
    write_report(tmp_path / "report.html", samples.run(tmp_path, passed=passed))
    page.goto((tmp_path / "report.html").as_uri())
    look = f"report-{'passed' if passed else 'failed'}-{_look(scheme, spoken)}"
    screenshot(page, look)
    _expect_language(page, spoken, "main, body")
    assert judge(page) == []
    for width in (1100, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert not _is_wider_than_the_window(page)
    screenshot(page, f"{look}-narrow")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dots an inch
    screenshot(page, f"{look}-print")
    assert judge(page) == []
    printed = page.pdf(path=SCREENSHOTS / f"{look}.pdf", format="A4")
    assert printed.startswith(b"%PDF")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_follows_the_theme_of_jupyterlab(
    theme: str, page: Page, scheme: str, tmp_path: Path, colour_at: ColourAt
) -> None:
    """Whatever the reader's system prefers: the theme says what the page around the picture looks like."""
    _show(page, tmp_path, samples.pictures()["persistence"]._repr_html_())
    page.evaluate("isLight => document.body.dataset.jpThemeLight = isLight", str(theme == "light").lower())
    box = page.locator("img").bounding_box()
    assert box is not None
    red, green, blue = colour_at(page, box["x"] + 12, box["y"] + 12)
    assert (min(red, green, blue) > 240) if theme == "light" else (max(red, green, blue) < 60)


def test_the_cards(page: Page, scheme: str, spoken: str, tmp_path: Path, judge: Judge, screenshot: Screenshot) -> None:
    _show(page, tmp_path, "".join(card._repr_html_() for card in samples.all_cards()))
    screenshot(page, f"cards-{_look(scheme, spoken)}")
    _expect_language(page, spoken, "section[aria-label]")
    assert judge(page) == []


def test_the_pictures(
    page: Page, scheme: str, spoken: str, tmp_path: Path, judge: Judge, screenshot: Screenshot
) -> None:
    _show(page, tmp_path, "".join(picture._repr_html_() for picture in samples.pictures().values()))
    screenshot(page, f"pictures-{_look(scheme, spoken)}")
    assert judge(page) == []
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")


@pytest.mark.parametrize("name", samples.pictures())
def test_no_text_of_a_picture_is_cut_off(name: str, page: Page, spoken: str, tmp_path: Path, judge: Judge) -> None:
    """Judged on the drawing itself, whose texts an image does not let be looked at."""
    _show(page, tmp_path, samples.pictures()[name].svg)
    outside = """[...document.querySelectorAll('svg text')].filter(text => {
        const box = text.getBBox(), page = text.ownerSVGElement.viewBox.baseVal;
        return box.x < 0 || box.y < 0 || box.x + box.width > page.width || box.y + box.height > page.height;
    }).map(text => text.textContent)"""
    assert page.evaluate(outside) == []
    assert page.evaluate(_RUN_OUT_OF_BOXES) == []
    _expect_language(page, spoken, "svg")
    assert judge(page) == []
