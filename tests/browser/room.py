"""A learner's room as a test uses it: `lab open`, its page, and on it the way to a notebook, a terminal, a theme."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from lab_helpers import shell, wait
from tests.browser.conftest import SCREENSHOTS
from tests.browser.notebook import Notebook, choose

__all__ = ["Room", "open_at", "open_from_map", "own_room", "quiet_page", "type_in_terminal", "wear"]

_LAB = Path(sys.executable).parent / "lab"
_OPEN_SECONDS = 120.0
_END_SECONDS = 30.0
_THEME_SECONDS = 30.0
_ELSEWHERE = re.compile(r"(?:https?|wss?)://(?!127\.0\.0\.1[:/])")


class Room:
    """One lab's room, open or not.

    Args:
        name: The lab's name.
        state: A directory of this lab's own, for what is kept between commands.
    """

    def __init__(self, name: str, state: Path) -> None:
        self.name = name
        self.workspace = state / "kubernetes-lab" / "labs" / name / "workspace"
        self.opened_at = 0.0
        self._environment = {"XDG_STATE_HOME": str(state)}
        self._log = state / "open.log"

    @contextmanager
    def open(self, *options: str) -> Iterator[str]:
        """Keep it open; yields the address of its page, token included."""
        self.opened_at = time.monotonic()
        with self._log.open("w", encoding="utf-8") as log:
            process = shell.start(
                [_LAB, "open", "--no-browser", "--name", self.name, *options],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                new_session=True,
            )
        try:
            yield wait.until(
                lambda: self._address(process),
                seconds=_OPEN_SECONDS,
                outcome="open",
                object=self.name,
                last_event=self._said,
            )
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_END_SECONDS)

    def lab(self, verb: str, *arguments: str) -> str:
        """What a `lab` command for this room prints."""
        return shell.run([_LAB, verb, *arguments, "--name", self.name], env=self._environment).stdout

    def reset(self, phase: str) -> None:
        """Bring a phase to its start, on a cluster that is made where there is none."""
        status = shell.run([_LAB, "status", "--name", self.name], env=self._environment, check=False)
        if status.returncode != 0:
            self.lab("up")
        self.lab("reset", phase)

    def _address(self, process: subprocess.Popen[str]) -> str | None:
        assert process.poll() is None, self._said()
        match = re.search(r"http://127\.0\.0\.1:\S+token=\w+", self._said())
        return match.group(0) if match else None

    def _said(self) -> str:
        return self._log.read_text(encoding="utf-8")


@contextmanager
def own_room(state: Path) -> Iterator[Room]:
    """A room of a name of its own; its cluster ends with it."""
    room = Room(f"t-browser-{os.getpid()}", state)
    try:
        yield room
    finally:
        room.lab("down")


@contextmanager
def quiet_page(browser: Browser, but: str = "") -> Iterator[Page]:
    """A page that asks this machine only, on which nothing pops up and nothing goes wrong: else it fails at its end.

    Args:
        browser: The browser.
        but: What JupyterLab may complain of all the same.
    """
    context = browser.new_context(viewport={"width": 1500, "height": 1000})
    strange: list[str] = []

    def note(url: str) -> None:
        if _ELSEWHERE.match(url):
            strange.append(f"asked for {url}")

    def note_error(message: ConsoleMessage) -> None:
        if message.type == "error" and not (but and but in message.text):
            strange.append(f"console: {message.text}")

    page = context.new_page()
    context.on("request", lambda request: note(request.url))
    context.on("console", note_error)
    context.on("weberror", lambda error: strange.append(f"page: {error.error}"))
    context.on("dialog", lambda dialog: strange.append(f"dialog: {dialog.message}"))
    page.on("popup", lambda popup: strange.append(f"window: {popup.url}"))
    page.on("websocket", lambda socket: note(socket.url))
    try:
        yield page
        strange += page.locator(".Toastify__toast, .jp-Dialog").all_inner_texts()
    except BaseException:
        page.screenshot(path=SCREENSHOTS / "failed.png")
        raise
    finally:
        context.close()
    assert strange == [], strange


def open_from_map(page: Page, room: Room, name: str) -> Notebook:
    """Follow the map's link to a notebook, whatever the room was left with in front."""
    page.locator(".lm-TabBar-tab", has_text="map.md").click()
    page.locator(".jp-MarkdownViewer a", has_text=name[:2]).first.click()
    return Notebook(page, room.workspace / "notebooks" / f"{name}.ipynb")


def open_at(page: Page, room: Room, address: str, name: str) -> Notebook:
    """Go to a notebook by its address."""
    page.goto(address.replace("/lab?", f"/lab/tree/notebooks/{name}.ipynb?"))
    notebook = Notebook(page, room.workspace / "notebooks" / f"{name}.ipynb")
    expect(page.locator(".jp-Terminal")).to_be_visible()
    return notebook


def wear(page: Page, theme: str, *menu: str) -> None:
    """Choose a theme, and wait until the page wears it.

    Args:
        page: The page.
        theme: ``light`` or ``dark``.
        menu: What leads to it in the menus of another language than English.
    """
    choose(page, *(menu or ("Settings", "Theme")), f"JupyterLab {theme.title()}")
    expect(page.locator("body")).to_have_attribute(
        "data-jp-theme-light", str(theme == "light").lower(), timeout=_THEME_SECONDS * 1000
    )


def type_in_terminal(page: Page, command: str) -> None:
    """Type a command in the room's terminal; it is still at work when this returns."""
    page.locator(".jp-Terminal").first.click()
    page.keyboard.type(command)
    page.keyboard.press("Enter")
