"""Every check fails on the untouched start and on each wrong answer, for its reason, and passes on the solution."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lab_helpers.addons.base import BASE
from lab_helpers.cluster import choose
from lab_helpers.validation import draft
from lab_helpers.validation.attempts import Attempt, Bench, attempts
from lab_helpers.workbook.course import outlines

# The first attempt of a notebook makes its cluster, and what it begins with, too.
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

_GIT = ("GIT_CONFIG_SYSTEM", "GIT_PAGER", "GIT_EDITOR", "GIT_TERMINAL_PROMPT")


def _parameter(attempt: Attempt) -> object:
    # One lab that deploys several projects keeps two cores busy for a quarter of an hour with its wrong answers alone.
    is_costly = attempt.wrong is not None and len(attempt.draft.outline.namespaces) > 1
    return pytest.param(attempt, id=str(attempt), marks=[pytest.mark.mistakes] if is_costly else [])


_ATTEMPTS = [_parameter(attempt) for notebook in outlines.notebooks() for attempt in attempts(draft.load(notebook))]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    name = f"t-labs-{os.getpid()}"
    with pytest.MonkeyPatch.context() as patch:
        # What opening a lab changes in its process, so that it is undone.
        patch.chdir(tmp_path_factory.mktemp("cwd"))
        patch.setenv("PATH", os.environ["PATH"])
        for variable in ("KUBECONFIG", "KUBECACHEDIR", "KUBERC", "GHCR_CONFIG", "LAB_NAME", "NONCE", *_GIT):
            patch.setenv(variable, "")
        for variable in ("LAB_ROOM", "LAB_NOTEBOOK"):
            patch.delenv(variable, raising=False)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        with choose.provider(choose.AUTO).create(name, _tell, BASE) as cluster:
            BASE.wait_ready(cluster, _tell)
            bench = Bench(cluster)
            yield bench
            bench.close()


@pytest.mark.parametrize("attempt", _ATTEMPTS)
def test_attempt(attempt: Attempt, bench: Bench) -> None:
    bench.make(attempt)


def _tell(line: str) -> None:
    print(line)  # noqa: T201 - shown by pytest when a test fails
