"""The pages of a room by themselves, without a cluster: where they lead, whom they tell, how they keep up."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lab_helpers import paths, shell, wait
from lab_helpers.cli import jupyter
from lab_helpers.cli.jupyter.address import Address, _any_port, claim
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.learner.phases import phases
from lab_helpers.workbook.room import room, room_setup
from tests.browser.notebook import Notebook
from tests.browser.room import quiet_page, type_in_terminal

pytestmark = pytest.mark.browser

_SECONDS = 60.0
_SOON = 30_000.0
_SHARED_KERNEL = "Comm not found"  # what JupyterLab says of a kernel that another window has comms with
_UNSAVED = ".lm-TabBar-tab.jp-mod-dirty"


@dataclass(frozen=True)
class _Room:
    """A room that JupyterLab serves, and where its files are."""

    address: Address
    workspace: Path

    def file(self, notebook: str) -> Path:
        return self.workspace / "notebooks" / f"{notebook}.ipynb"

    def page_of(self, notebook: str) -> str:
        return self.address.url.replace("/lab?", f"/lab/tree/notebooks/{notebook}.ipynb?")


@pytest.fixture
def open_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Room]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    room_setup.copy_notebooks("lab")
    room_setup.write_map("lab")
    _tell_terminal("workspace", paths.workspace_directory("lab"))
    address = claim("lab", _any_port())  # another test's room may be about to take the usual one
    environment = jupyter.environment("lab", [], address)
    with (tmp_path / "jupyterlab.log").open("w", encoding="utf-8") as log:
        server = shell.start(
            jupyter.command("lab", address.port), env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        running = wait.until(
            lambda: jupyter.find_running("lab"), seconds=_SECONDS, outcome="serve", object="JupyterLab"
        )
        assert running.url == address.url
        yield _Room(address, paths.workspace_directory("lab"))
    finally:
        server.terminate()
        server.wait(_SECONDS)


def _tell_terminal(notebook: str, workspace: Path) -> None:
    workspace.mkdir(exist_ok=True)
    lines = ["# 1", "lab_tools=/usr/bin", f"lab_directory={workspace}", f"lab_says='now in {workspace.name}'"]
    file = paths.room_directory("lab") / "terminals" / f"{notebook}.sh"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")


def _wait_for_front(notebook: str) -> None:
    front = paths.room_directory("lab") / "front"
    wait.until(
        lambda: front.exists() and front.read_text() == f"{notebook}\n",
        seconds=_SECONDS,
        outcome="be told",
        object="front",
    )


def test_a_second_window_shows_the_map(open_room: _Room, browser: Browser) -> None:
    with quiet_page(browser) as page:
        page.goto(open_room.address.url)
        expect(page.locator(".jp-MarkdownViewer h1")).to_contain_text("The map", timeout=_SOON)
        second = page.context.new_page()
        second.goto(open_room.address.url)
        expect(second.locator(".jp-MarkdownViewer h1")).to_contain_text("The map", timeout=_SOON)
        expect(second.locator(".jp-Launcher")).to_have_count(0)


def test_the_token_is_in_no_list_of_processes(open_room: _Room) -> None:
    arguments = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if _is_readable(file)]
    assert [line for line in arguments if open_room.address.token.encode() in line] == []


def _is_readable(file: Path) -> bool:
    try:
        return bool(file.read_bytes())
    except OSError:  # it ended meanwhile
        return False


def test_a_terminal_works_where_the_notebook_in_front_does(open_room: _Room, browser: Browser) -> None:
    """Also when another notebook was opened, or opened again, since."""
    for notebook in ("03_cluster", "05_first_deploy"):
        _tell_terminal(notebook, open_room.workspace / notebook)
    with quiet_page(browser) as page:
        page.goto(open_room.address.url)
        for notebook in ("05_first_deploy", "03_cluster"):
            page.locator(".lm-TabBar-tab", has_text="map.md").click()
            page.locator(".jp-MarkdownViewer a", has_text=notebook[:2]).first.click()
            Notebook(page, open_room.file(notebook))
            _wait_for_front(notebook)
        page.locator(".lm-TabBar-tab", has_text="05_first_deploy").click()
        _wait_for_front("05_first_deploy")
        type_in_terminal(page, "touch here")
        file = open_room.workspace / "05_first_deploy" / "here"
        wait.until(file.exists, seconds=_SECONDS, outcome="be made", object="a file")
        assert not (open_room.workspace / "03_cluster" / "here").exists()


def test_a_terminal_is_wide_enough_for_a_list_of_pods(open_room: _Room, browser: Browser) -> None:
    with quiet_page(browser) as page:
        page.goto(open_room.address.url)
        expect(page.locator(".jp-Terminal")).to_be_visible(timeout=_SOON)
        type_in_terminal(page, "tput cols > columns")
        file = open_room.workspace / "columns"
        wait.until(lambda: file.exists() and file.read_text(), seconds=_SECONDS, outcome="be told", object="columns")
        assert int(file.read_text()) >= 120


def test_a_notebook_is_saved_when_it_is_opened(open_room: _Room, browser: Browser) -> None:
    with quiet_page(browser) as page:
        page.goto(open_room.page_of("03_cluster"))
        Notebook(page, open_room.file("03_cluster"))
        expect(page.locator(_UNSAVED)).to_have_count(0)


def test_a_long_line_of_output_is_wrapped_between_its_words(open_room: _Room, browser: Browser) -> None:
    with quiet_page(browser) as page:
        page.goto(open_room.page_of("03_cluster"))
        parameters = Notebook(page, open_room.file("03_cluster")).cell("parameters")
        parameters.write("print('column   ' * 12, 'authorization' * 4, 'failed')")
        text = parameters.run().output.locator("pre")
        style = text.evaluate("pre => [getComputedStyle(pre).whiteSpace, getComputedStyle(pre).wordBreak]")
        assert style == ["pre-wrap", "normal"]
        assert text.evaluate("pre => pre.scrollWidth <= pre.clientWidth")


def test_the_open_map_keeps_up_with_progress(open_room: _Room, browser: Browser) -> None:
    with quiet_page(browser) as page:
        page.goto(open_room.address.url)
        expect(page.locator(".jp-MarkdownViewer")).to_contain_text("0 of 3 steps", timeout=_SOON)
        begun = progress.fresh("lab", "03_cluster", "uid")
        begun.step("3.1").state = "passed"
        begun.write()
        room_setup.write_map("lab")
        expect(page.locator(".jp-MarkdownViewer")).to_contain_text("1 of 3 steps", timeout=_SOON)


def test_a_reset_brings_the_fresh_page(open_room: _Room, browser: Browser) -> None:
    """Nothing is asked; what was on the earlier page and not saved is kept; the kernel knows nothing of it."""
    with quiet_page(browser) as page:
        page.goto(open_room.page_of("03_cluster"))
        notebook = Notebook(page, open_room.file("03_cluster"))
        parameters = notebook.cell("parameters")
        parameters.write("earlier = 1")
        parameters.run()
        # Only what comes after the page's first look is news to it.
        with page.expect_response(
            lambda response: response.request.method == "GET" and response.url.partition("?")[0].endswith("/lab-room")
        ):
            pass
        room.note_reset("lab", "03_cluster")
        toast = page.locator(".Toastify__toast")
        expect(toast).to_contain_text("03_cluster was reset", timeout=_SOON)
        expect(toast).to_have_count(0, timeout=_SOON)
        notebook.expect_ready()
        expect(notebook.panel.locator(".jp-Cell h1")).to_be_in_viewport()
        assert "provider" in parameters.source
        parameters.write("print('earlier' in globals())")
        expect(parameters.run().output).to_have_text("False")
        page.keyboard.press("Control+s")
        expect(page.locator(_UNSAVED)).to_have_count(0, timeout=_SOON)
        (saved,) = (open_room.workspace / "kept").glob("03_cluster-unsaved-*.ipynb")
        assert "earlier = 1" in saved.read_text()
        assert "earlier = 1" not in open_room.file("03_cluster").read_text()


def test_what_one_window_changes_the_other_one_shows(open_room: _Room, browser: Browser) -> None:
    """Going from one window to the other saves here and reads there: nothing is asked."""
    with quiet_page(browser, but=_SHARED_KERNEL) as page:
        page.goto(open_room.page_of("03_cluster"))
        Notebook(page, open_room.file("03_cluster"))
        second = page.context.new_page()
        second.goto(open_room.page_of("03_cluster"))
        Notebook(second, open_room.file("03_cluster"))
        for editing, other, text in ((page, second, "first = 1"), (second, page, "second = 2")):
            editing.locator(".jp-CodeCell .cm-content").first.fill(text)
            editing.evaluate("window.dispatchEvent(new Event('blur'))")
            other.evaluate("window.dispatchEvent(new Event('focus'))")
            expect(other.locator(".jp-CodeCell").first).to_contain_text(text, timeout=_SOON)
        for window in (page, second):
            window.keyboard.press("Control+s")
            expect(window.locator(_UNSAVED)).to_have_count(0, timeout=_SOON)
            expect(window.locator(".jp-Dialog")).to_have_count(0)


def test_the_map_leads_to_every_notebook_that_is_written(open_room: _Room) -> None:
    links = re.findall(r"\]\((notebooks/\w+\.ipynb)\)", (open_room.workspace / room_setup.MAP).read_text())
    written = [phase.notebook for phase in phases("lab") if phase.steps]
    assert links == [f"notebooks/{written[0]}.ipynb", *(f"notebooks/{notebook}.ipynb" for notebook in written)]
    assert all((open_room.workspace / link).exists() for link in links)
