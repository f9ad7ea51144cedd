"""Debian's Chromium, driven by Playwright: a page in light or dark, screenshots to look at, axe-core's judgement."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from lab_helpers.checkout import source_directory
from lab_helpers.language import LAB_LANGUAGE, SOURCE

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = source_directory() / "build" / "browser"

# Nothing but the page under test is to be asked for: no updates, no accounts, no experiments.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_FIRST_PIXEL = """async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return [...canvas.getImageData(0, 0, 1, 1).data];
}"""

# A letter that no font has is drawn as a box; two such are the same box.
_BOXES = r"""text => {
    const font = getComputedStyle(text).font;
    const draw = letter => {
        const canvas = new OffscreenCanvas(40, 40).getContext("2d");
        canvas.font = font;
        canvas.fillText(letter, 4, 30);
        return canvas.getImageData(0, 0, 40, 40).data.join();
    };
    const box = draw("\u{F8FFE}");
    if (box !== draw("\u{F8FFD}")) throw new Error("no box to compare with");
    return [...new Set(text.textContent.match(/[\uAC00-\uD7A3]/g))].filter(letter => draw(letter) === box);
}"""

Screenshot = Callable[[Page, str], Path]
ColourAt = Callable[[Page, float, float], tuple[int, int, int]]


class Judge(Protocol):
    """What axe-core finds serious or critical in a page, or only in what a selector finds there."""

    def __call__(self, page: Page, within: str | None = None) -> list[str]:
        """Say it."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is not there; next: make test-browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, env=dict(os.environ))
        yield chromium
        chromium.close()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """What the reader's system prefers."""
    return str(request.param)


@pytest.fixture(params=[SOURCE, "ko"])
def spoken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The language in which the lab speaks."""
    monkeypatch.setenv(LAB_LANGUAGE, request.param)
    return str(request.param)


@pytest.fixture
def page(browser: Browser, scheme: Any) -> Iterator[Page]:
    """An empty page; whatever it asks for over a network fails the test."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1100, "height": 900})
    urls: list[str] = []
    context.on("request", lambda request: urls.append(request.url))
    page = context.new_page()
    yield page
    context.close()
    assert [url for url in urls if re.match(r"(?:https?|wss?):", url)] == []


@pytest.fixture
def screenshot() -> Screenshot:
    """Keep what a page looks like, for people to look at."""

    def keep(page: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return keep


@pytest.fixture
def colour_at() -> ColourAt:
    """Red, green and blue, 0 to 255, of what is seen at a point of a page; read by the browser itself."""

    def look(page: Page, x: float, y: float) -> tuple[int, int, int]:
        pixel = page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
        red, green, blue, _ = page.evaluate(_FIRST_PIXEL, base64.b64encode(pixel).decode())
        return red, green, blue

    return look


@pytest.fixture(scope="session")
def judge() -> Judge:
    """axe-core."""
    axe = Axe()

    def look(page: Page, within: str | None = None) -> list[str]:
        violations = axe.run(page, within).response["violations"]
        return [
            f"{violation['id']}: {node['html']}\n  {node['failureSummary']}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]

    return look


def hangul_drawn_as_boxes(text: Locator) -> list[str]:
    """The letters of a Korean text that the reader's fonts do not have.

    Args:
        text: Where it is; holds at least one letter of Hangul.
    """
    assert re.search("[가-힣]", text.text_content() or ""), "there is no Korean in it"
    boxes: list[str] = text.evaluate(_BOXES)
    return boxes
