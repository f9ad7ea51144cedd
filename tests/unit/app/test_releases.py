"""The releases of prj-02 are what they claim: four good, one never Ready, one that answers wrongly."""

from __future__ import annotations

import filecmp
import json
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import shell, wait
from lab_helpers.errors import LabError
from lab_helpers.images import applications
from tests import node_applications
from tests.node_applications import node

# What the overlays provide, and nothing more: a release must live with it.
UNIT_PRICE = 12.5
APPLICATION = applications.load("prj_02")
BEHAVIOURS = {release.tag: release.behaviour for release in APPLICATION.releases}

Answer = tuple[int, dict[str, Any]]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The App repository as of every release, with its packages installed."""
    root = tmp_path_factory.mktemp("releases")
    for release in APPLICATION.releases:
        applications.write_source(APPLICATION, release, root / release.tag)
        (root / release.tag / "node_modules").symlink_to(node_applications.modules("prj_02"))
    return {release.tag: root / release.tag for release in APPLICATION.releases}


def ask(port: int, path: str) -> Answer:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"connection": "close"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except urllib.error.URLError as error:
        raise LabError(f"does not answer: {error.reason}", object=path) from error


@contextmanager
def running(source: Path, tag: str, work: Path) -> Iterator[Callable[[str], Answer]]:
    """The process as the image runs it; gives a function that asks it."""
    (work / "data").mkdir()
    (work / "cache").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    environment = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "APP_VERSION": tag,
        "DATA_DIR": str(work / "data"),
        "CACHE_DIR": str(work / "cache"),
        "UNIT_PRICE": str(UNIT_PRICE),
    }
    with shell.start([node(), "src/main.js"], env=environment, cwd=source, stdout=subprocess.DEVNULL) as process:
        try:
            wait.until(lambda: ask(port, "/health")[0] == 200, seconds=120, outcome="become healthy", object=tag)
            yield lambda path: ask(port, path)
        finally:
            process.terminate()


def test_four_are_good_and_two_are_not() -> None:
    assert sorted(BEHAVIOURS.values()) == ["good", "good", "good", "good", "never-ready", "wrong-answer"]


def test_each_changes_all_the_files_it_has(sources: dict[str, Path]) -> None:
    for release in APPLICATION.releases[1:]:
        overlay = release.overlays[-1]
        files = [file.relative_to(overlay) for file in overlay.rglob("*") if file.is_file()]
        base = sources[release.base_tag]
        unchanged = filecmp.cmpfiles(base, overlay, [file for file in files if (base / file).exists()], shallow=False)[
            0
        ]
        assert files
        assert not unchanged, f"{release.tag} need not have them: {release.base_tag} has the same"


@pytest.mark.parametrize("tag", BEHAVIOURS)
def test_own_tests_pass(tag: str, sources: dict[str, Path]) -> None:
    # On the bad releases too: that is what makes them plausible, and a green pipeline no proof.
    tests = sorted(str(path) for path in (sources[tag] / "test").glob("*.test.js"))
    shell.run([node(), "--test", "--test-concurrency=4", *tests], cwd=sources[tag], timeout=500)


def test_own_linter_has_nothing_to_say(sources: dict[str, Path]) -> None:
    # Nor of the bad ones.
    eslint = node_applications.modules("prj_02") / "eslint/bin/eslint.js"
    shell.run([node(), eslint, *sources.values()], cwd=next(iter(sources.values())).parent)


@pytest.mark.parametrize("tag", [tag for tag, behaviour in BEHAVIOURS.items() if behaviour == "good"])
def test_good_release_is_ready_and_right(tag: str, sources: dict[str, Path], tmp_path: Path) -> None:
    with running(sources[tag], tag, tmp_path) as ask_it:
        assert ask_it("/ready")[0] == 200
        assert ask_it("/version")[1]["version"] == tag
        for quantity in (1, 3, 40):
            status, price = ask_it(f"/price?quantity={quantity}")
            assert (status, price["total"]) == (200, quantity * UNIT_PRICE)


def test_second_release_says_its_currency(sources: dict[str, Path], tmp_path: Path) -> None:
    with running(sources["v1.1.0"], "v1.1.0", tmp_path) as ask_it:
        assert ask_it("/price?quantity=3")[1]["currency"] == "EUR"


def test_never_ready_release_is_alive_and_says_why_it_is_not_ready(sources: dict[str, Path], tmp_path: Path) -> None:
    with running(sources["v1.2.0"], "v1.2.0", tmp_path) as ask_it:
        status, answer = ask_it("/ready")
        assert status == 503
        assert answer["error"] == "data directory /var/lib/prj-02 is not writable: ENOENT"
        assert ask_it("/health")[0] == 200


@pytest.mark.parametrize("quantity", [1, 3, 9])
def test_wrong_answer_release_is_ready_and_wrong(quantity: int, sources: dict[str, Path], tmp_path: Path) -> None:
    with running(sources["v1.3.0"], "v1.3.0", tmp_path) as ask_it:
        assert ask_it("/ready")[0] == 200
        status, price = ask_it(f"/price?quantity={quantity}")
        assert status == 200
        assert price["unit"] == UNIT_PRICE
        assert price["total"] == pytest.approx(quantity * UNIT_PRICE * 0.9, abs=0.01), "ten per cent off, unasked"
