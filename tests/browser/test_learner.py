"""A learner alone in JupyterLab: a first check passed, mistakes made and mended, a whole notebook run, help withheld.

All of it on one real cluster, in one room. Each test but the first brings the notebook it needs to its start.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from lab_helpers import wait
from lab_helpers.workbook.course import answers, outlines
from lab_helpers.workbook.learner.progress import NOT_BEGUN
from tests.browser.conftest import SCREENSHOTS, Judge, Screenshot
from tests.browser.notebook import Notebook
from tests.browser.room import Room, open_at, open_from_map, own_room, quiet_page, type_in_terminal, wear

pytestmark = pytest.mark.browser

_OURS = "section[aria-label], .lab-picture"
_FIRST = "05_first_deploy"
_FIRST_STEP = re.compile(r"5\.1(?!\d)")  # and not 5.10
_RUN_ALL_SECONDS = 900.0

_MEND = """%%bash
sed -i 's/newTag: .*/newTag: v1.0.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml
kubectl apply -k infra/k8s/overlays/staging"""

# What a picture shows is its source; each that a cell has shown is kept, by the number of the cell.
_KEEP_PICTURES = """panel => {
    window.pictures = {};
    const look = () => panel.querySelectorAll('img.lab-picture').forEach(picture => {
        const cell = picture.closest('.jp-Cell').dataset.windowedListIndex;
        (window.pictures[cell] ??= new Set()).add(picture.src);
    });
    new MutationObserver(look).observe(panel, {childList: true, subtree: true});
}"""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with own_room(tmp_path_factory.mktemp("state")) as room:
        yield room


def test_a_newcomer_passes_the_first_check(room: Room, browser: Browser, screenshot: Screenshot) -> None:
    """From `lab open` on, following only the page; the clock is read, not judged."""
    with room.open() as address, quiet_page(browser) as page:
        page.goto(address)
        expect(page.locator(".jp-MarkdownViewer h1")).to_contain_text("The map", timeout=60_000)
        map_after = time.monotonic() - room.opened_at
        screenshot(page, "room-map")
        notebook = open_from_map(page, room, "03_cluster")
        for name in notebook.code[: notebook.code.index("step-1-check") + 1]:
            cell = notebook.cell(name)
            if '"..."' in cell.source:
                cell.write(cell.source.replace('"..."', cell.source.split("# ")[1].split('"')[1].join('""'), 1))
            cell.run("Shift+Enter")
        expect(cell.card).to_contain_text("✓ 3.1")
        passed_after = time.monotonic() - room.opened_at
        screenshot(page, "room-first-check")
    durations = f"lab open to the map: {map_after:.1f} s\nlab open to the first passed check: {passed_after:.1f} s\n"
    (SCREENSHOTS / "newcomer.txt").write_text(durations, encoding="utf-8")
    print(durations)  # noqa: T201 - shown with -s, and where the test fails


def test_mistakes_are_named_and_mended(room: Room, browser: Browser, screenshot: Screenshot, judge: Judge) -> None:
    room.reset("5")
    with room.open() as address, quiet_page(browser) as page:
        notebook = open_at(page, room, address, _FIRST)
        notebook.run("parameters", "start")
        expect(notebook.cell("start").card).to_contain_text("5.1")
        check = notebook.cell("step-1-check")
        for name, hint in (
            ("pull_secret_elsewhere", "-n prj-02 was forgotten"),
            ("pull_secret_forgotten", "The pull secret ghcr-secret was not made"),
            ("tag_misspelled", "says v1.0.1, and no release of that name was ever pushed"),
        ):
            wrong = next(
                answer
                for answer in answers.wrong_answers(outlines.load(_FIRST), "5.1")
                if answer.directory.name == name
            )
            notebook.try_out("step-1-apply", f"%%bash\n{wrong.commands}")
            check = notebook.cell("step-1-check").run()
            expect(check.card).to_contain_text("✗ 5.1 not yet")
            expect(check.card).to_contain_text(hint)
            expect(check.errors).to_have_text("The card above says what to do next.")
            screenshot(page, f"wrong-{name}")
            assert judge(page, _OURS) == []
            if name != "tag_misspelled":
                notebook.try_out("step-1-apply", f"%%bash\n{wrong.undo}rm infra/k8s/overlays/staging/secrets/*.env")

        for number, hint in enumerate(outlines.load(_FIRST).step("5.1").hints, 1):
            card = notebook.try_out("step-1-check", 'lab.hint("5.1")').card
            expect(card).to_contain_text(f"5.1 hint {number} of 3")
            expect(card).to_contain_text(hint.replace("`", ""))
        solution = notebook.try_out("step-1-check", 'lab.hint("5.1")').card
        expect(solution.locator("del")).to_contain_text("newTag: v1.0.1")
        expect(solution.locator("ins")).to_contain_text("newTag: v1.0.0")
        screenshot(page, "hints-and-solution")

        expect(notebook.predict("step-1-prediction", "kubectl").card).to_contain_text("you say")
        notebook.try_out(
            "step-1-apply",
            _MEND,
        )
        check = notebook.cell("step-1-check").run()
        expect(check.card).to_contain_text("✓ 5.1")
        expect(check.card).to_contain_text('"kubectl": it was "nobody"')
        expect(check.card).to_contain_text("kubectl sent all objects within a second")
        expect(check.errors).to_have_count(0)
        screenshot(page, "mended")

        notebook.restart()
        expect(notebook.run("step-2-settings").card).to_contain_text("Run the notebook's first two code cells")
        start = notebook.run("parameters", "start")
        expect(start.card).to_contain_text("you go on where you left")
        expect(start.card.locator("tr", has_text=_FIRST_STEP)).to_contain_text("passed, solution seen")
        notebook.predict("step-2-prediction", "request, draining, drained")
        expect(notebook.run("step-2-settings", "step-2-drill", "step-2-check").card).to_contain_text("✓ 5.2")
        screenshot(page, "after-restart")

        type_in_terminal(page, "lab reset 5")
        progress = room.workspace.parent / "progress" / f"{_FIRST}.json"
        wait.until(lambda: '"steps": {}' in progress.read_text(), seconds=90, outcome="be reset", object=_FIRST)
        toast = page.locator(".Toastify__toast")
        expect(toast).to_contain_text(f"{_FIRST} was reset", timeout=30_000)
        screenshot(page, "reset")
        expect(toast).to_have_count(0, timeout=30_000)
        notebook = Notebook(page, notebook.file)
        for name in notebook.code:
            expect(notebook.cell(name).element.locator(".jp-OutputArea-output")).to_have_count(0)
        start = notebook.run("parameters", "start")
        expect(start.card.locator("tr", has_text=_FIRST_STEP)).to_contain_text(NOT_BEGUN)
        screenshot(page, "after-reset")


@pytest.mark.timeout(1800)
def test_all_of_a_notebook_runs_with_solutions(
    room: Room, browser: Browser, screenshot: Screenshot, judge: Judge
) -> None:
    room.reset("5")
    with room.open() as address, quiet_page(browser) as page:
        notebook = open_at(page, room, address, _FIRST)
        parameters = notebook.cell("parameters")
        parameters.write(parameters.source.replace("solve: bool = None", "solve: bool = True"))
        notebook.panel.evaluate(_KEEP_PICTURES)
        notebook.restart_and_run_all()
        notebook.cell(notebook.code[-1]).expect_end(_RUN_ALL_SECONDS)
        for name in notebook.code:
            expect(notebook.cell(name).errors).to_have_count(0)
        drawn = page.evaluate(
            "Object.fromEntries(Object.entries(window.pictures).map(([cell, all]) => [cell, all.size]))"
        )
        for name in ("step-3-watch", "step-4-watch", "step-5-watch"):
            assert drawn[notebook.cell(name).number] > 2, f"{name} did not move: {drawn}"
        for name in ("step-1-topology", "persistence"):
            expect(notebook.cell(name).element.locator("img.lab-picture")).to_be_visible()
        _picture_the_room(page, notebook)
        for theme in ("light", "dark"):
            wear(page, theme)
            for name in ("start", "step-1-topology", "step-3-watch", "step-5-watch", "step-6-check", "persistence"):
                notebook.cell(name).element.scroll_into_view_if_needed()
                screenshot(page, f"solved-{name}-{theme}")
            assert judge(page, _OURS) == []


def _picture_the_room(page: Page, notebook: Notebook) -> None:
    """The picture of the README, as `make picture` puts it there."""
    size = page.viewport_size
    page.set_viewport_size({"width": 1280, "height": 900})
    watched = notebook.cell("step-3-watch").element
    watched.scroll_into_view_if_needed()
    watched.evaluate("cell => cell.scrollIntoView({block: 'start'})")
    type_in_terminal(page, "clear; kubectl get pods -A; touch pictured")
    marker = notebook.file.parents[1] / _FIRST / "pictured"
    wait.until(marker.exists, seconds=30, outcome="be made", object="a file")
    page.screenshot(path=SCREENSHOTS / "room.png")
    assert size is not None
    page.set_viewport_size(size)


def test_what_a_trainer_withholds_is_not_shown(room: Room, browser: Browser, screenshot: Screenshot) -> None:
    with room.open("--withhold", "solutions") as address, quiet_page(browser) as page:
        notebook = open_at(page, room, address, _FIRST)
        notebook.run("parameters", "start")
        card = notebook.try_out("start", 'lab.solution("5.1")').card
        expect(card).to_contain_text("Your trainer has withheld the solutions")
        screenshot(page, "withheld")
