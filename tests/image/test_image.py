"""A learner's machine has Docker and nothing else, often no network; whatever ends the container, the work stays."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from lab_helpers import checkout
from lab_helpers.workbook.course import outlines
from tests.image.conftest import Container

pytestmark = [pytest.mark.image, pytest.mark.timeout(1200)]

_WORK = "/home/.local/state/kubernetes-lab/labs/lab/workspace/mine.txt"


@pytest.mark.parametrize("cgroups", ["private", "host"])
def test_a_notebook_passes_without_a_network(container: Container, cgroups: str) -> None:
    options = ("--privileged", "--network=none", f"--cgroupns={cgroups}")
    run = container.run("run", "03", options=options)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "03_cluster: passed" in run.stderr


@pytest.mark.timeout(3000)
def test_every_notebook_passes_without_a_network(container: Container) -> None:
    run = container.run("run", options=("--privileged", "--network=none"))
    assert run.returncode == 0, run.stdout + run.stderr
    for notebook in outlines.notebooks():
        assert f"{notebook}: passed" in run.stderr


def test_killed_and_started_again_the_place_is_kept(container: Container) -> None:
    address = container.open()
    with urllib.request.urlopen(address) as page:
        assert page.status == 200
    container.lab("sh", "-c", f"echo kept > {_WORK}")
    assert container.lab("lab", "status")
    assert container.end("kill") == 137
    assert container.open() == address
    assert container.lab("cat", _WORK) == "kept\n"
    assert container.lab("lab", "status")


def test_stopped_it_ends_by_itself_and_leaves_nothing_on_the_host(container: Container) -> None:
    before = set(_cgroups())
    container.open("--cgroupns=host", "--network=none")
    assert set(_cgroups()) > before
    assert container.end("stop") == 0
    assert set(_cgroups()) == before


def test_without_privileged_it_says_so_before_it_makes_anything(container: Container) -> None:
    for verb in ("doctor", "up", "open"):
        run = container.run(verb, options=())
        assert run.returncode == 1
        assert "docker run --privileged" in run.stdout + run.stderr


def test_a_repository_is_judged_without_any_right(container: Container) -> None:
    mounted = ("--network=none", "--volume", f"{checkout.app_directory()}:/src:ro")
    run = container.run("lint", *[f"/src/{path.name}" for path in _applications()[:1]], options=mounted)
    assert run.returncode == 0, run.stdout + run.stderr


def _applications() -> list[Path]:
    return sorted(path.parent for path in checkout.app_directory().glob("*/app.toml"))


def _cgroups() -> list[Path]:
    """The cgroups of clusters of this name that the machine has, those in a container's own cgroup included."""
    return list(Path("/sys/fs/cgroup").glob("**/kubernetes-lab-lab-*"))
