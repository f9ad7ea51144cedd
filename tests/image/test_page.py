"""A learner's browser on the page of the image, where nothing leads out of the container."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.notebook import Notebook
from tests.browser.room import quiet_page
from tests.image.conftest import Container

# In CI's job for the image the machine is Ubuntu, which has no package of Chromium.
pytestmark = [
    pytest.mark.image,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not there: Debian's package chromium has it"),
]

_WORKSPACE = "/home/.local/state/kubernetes-lab/labs/lab/workspace/notebooks"
_RUN_ALL_SECONDS = 600.0


@pytest.mark.parametrize("name", ["03_cluster", "05_first_deploy"])
def test_a_notebook_passes_from_the_page(container: Container, name: str, tmp_path: Path) -> None:
    address = container.open("--network=none")
    with _browser(container, tmp_path) as browser, quiet_page(browser) as page:
        page.goto(address)
        expect(page.locator(".jp-MarkdownViewer h1")).to_contain_text("The map", timeout=60_000)
        page.locator(".jp-MarkdownViewer a", has_text=name[:2]).first.click()
        notebook = Notebook(page, container.copy(f"{_WORKSPACE}/{name}.ipynb", tmp_path))
        parameters = notebook.cell("parameters")
        parameters.write(parameters.source.replace("solve: bool = None", "solve: bool = True"))
        notebook.restart_and_run_all()
        notebook.cell(notebook.code[-1]).expect_end(_RUN_ALL_SECONDS)
        for cell in notebook.code:
            expect(notebook.cell(cell).errors).to_have_count(0)
    assert container.end("stop") == 0


@contextmanager
def _browser(container: Container, directory: Path) -> Iterator[Browser]:
    """Chromium in the container's network; the tests talk with it over pipes."""
    program = directory / "chromium"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(container.enter_network())} {CHROMIUM} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()
