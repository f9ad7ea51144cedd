"""A notebook on the page of a learner's room: its cells, run and looked at as a learner does it."""

from __future__ import annotations

from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

__all__ = ["Cell", "Notebook", "choose"]

# The longest that a cell of the workbook may take; its commands have deadlines of their own, all of them shorter.
_CELL_SECONDS = 150.0
_READY_SECONDS = 120.0
_IN_FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"
_CARD = "section[aria-label]"

# Whether a cell has ended is told by its prompt: [*] while it waits or runs, a number afterwards, and nothing where a
# cell before it failed. After a restart that number may be the same as before, so the change itself is noted.
_NOTE_WHEN_ENDED = """prompt => {
    prompt.dataset.ended = '';
    const look = () => { prompt.dataset.ended = prompt.textContent.includes('*') ? '' : 'yes'; };
    new MutationObserver(look).observe(prompt, {childList: true, characterData: true, subtree: true});
}"""


def choose(page: Page, menu: str, *entries: str) -> None:
    """Choose from the menu bar."""
    page.locator(f".lm-MenuBar-itemLabel:text-is('{menu}')").click()
    for entry in entries:
        page.locator(f".lm-Menu-itemLabel:text-is('{entry}')").click()


class Cell:
    """A code cell on the page.

    Args:
        page: The page.
        element: Where it is.
    """

    def __init__(self, page: Page, element: Locator) -> None:
        self._page = page
        self.element = element
        self.output = element.locator(".jp-Cell-outputArea").first
        self.errors = element.locator(
            '.jp-OutputArea-output[data-mime-type$="stderr"], .jp-OutputArea-output[data-mime-type$="error"]'
        )

    @property
    def number(self) -> str:
        """Which of the notebook's cells it is, from 0."""
        return str(self.element.get_attribute("data-windowed-list-index"))

    @property
    def card(self) -> Locator:
        """The card it shows."""
        return self.element.locator(_CARD).last

    @property
    def source(self) -> str:
        """What is in it."""
        return "\n".join(self.element.locator(".cm-line").all_text_contents())

    def write(self, source: str) -> None:
        """Put something else into it."""
        self.element.locator(".cm-content").fill(source)
        self._page.keyboard.press("Escape")

    def run(self, keys: str = "Control+Enter") -> Cell:
        """Run it and wait for its end."""
        self.select()
        self.note_when_ended()
        self._page.keyboard.press(keys)
        self.expect_end()
        return self

    def select(self) -> None:
        """Make it the one that keys work on."""
        self._prompt.click()

    def note_when_ended(self) -> None:
        """From here on ``expect_end`` waits for its next end."""
        self._prompt.evaluate(_NOTE_WHEN_ENDED)

    def expect_end(self, seconds: float = _CELL_SECONDS) -> None:
        """Wait until it was run, or is not going to be run because a cell before it failed."""
        expect(self._prompt).to_have_attribute("data-ended", "yes", timeout=seconds * 1000)

    @property
    def _prompt(self) -> Locator:
        return self.element.locator(".jp-InputArea-prompt").first


class Notebook:
    """The notebook in front, on a page of the room.

    Args:
        page: The page.
        file: The learner's notebook on disk; its cells are those on the page, each with an id.
    """

    def __init__(self, page: Page, file: Path) -> None:
        self._page = page
        self.file = file
        self._cells = [(cell["id"], cell["cell_type"]) for cell in nbformat.read(file, as_version=4)["cells"]]
        self.panel = page.locator(_IN_FRONT)
        self.expect_ready()

    @property
    def code(self) -> list[str]:
        """The ids of its code cells."""
        return [name for name, kind in self._cells if kind == "code"]

    def cell(self, name: str) -> Cell:
        """One of its cells."""
        index = [cell_id for cell_id, _ in self._cells].index(name)
        return Cell(self._page, self.panel.locator(f".jp-Cell[data-windowed-list-index='{index}']"))

    def run(self, *names: str) -> Cell:
        """Run some of its cells, one after another; returns the last."""
        return [self.cell(name).run() for name in names][-1]

    def try_out(self, below: str, source: str) -> Cell:
        """Run a cell of the learner's own below another one; it stays there."""
        index = [name for name, _ in self._cells].index(below) + 1
        self.cell(below).select()
        self._page.keyboard.press("b")
        own = f"own-{len(self._cells)}"
        self._cells.insert(index, (own, "code"))
        self.cell(own).write(source)
        return self.cell(own).run()

    def predict(self, name: str, answer: str = "") -> Cell:
        """Fill a prediction in and run its cell; without an answer, the first of those that it names."""
        cell = self.cell(name)
        cell.write(cell.source.replace('"..."', f'"{answer or cell.source.split(chr(34))[3]}"', 1))
        return cell.run()

    def restart(self) -> None:
        """Restart its kernel, as the keys of JupyterLab do it."""
        self.cell(self.code[0]).select()
        self._page.keyboard.press("0")
        self._page.keyboard.press("0")
        with self._page.expect_response(lambda response: response.url.partition("?")[0].endswith("/restart")):
            self._page.locator(".jp-Dialog .jp-mod-accept").click()
        self.expect_ready()

    def restart_and_run_all(self) -> None:
        """Restart its kernel and run all cells, to the end or to the first that fails."""
        last = self.cell(self.code[-1])
        last.note_when_ended()
        choose(self._page, "Kernel", "Restart Kernel and Run All Cells…")
        self._page.locator(".jp-Dialog .jp-mod-accept").click()

    def expect_ready(self) -> None:
        """Wait until all its cells are on the page and its kernel is there and has nothing to do."""
        last = f".jp-Cell[data-windowed-list-index='{len(self._cells) - 1}']"
        expect(self.panel.locator(last)).to_be_attached(timeout=_READY_SECONDS * 1000)
        kernel = self.panel.locator(".jp-Notebook-ExecutionIndicator").first
        expect(kernel).to_have_attribute("data-status", "idle", timeout=_READY_SECONDS * 1000)
