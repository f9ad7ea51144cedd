"""A fresh clone works, with nothing but what is committed: no file that only this checkout has is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab_helpers import shell
from lab_helpers.checkout import source_directory

_LAB = "from lab_helpers.cli.main import main; main()"
_OVERLAYS = ("staging", "production")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What somebody gets who clones this repository now."""
    if not (source_directory() / ".git").exists():
        pytest.skip("no Git repository: what is here is what somebody got")
    directory = tmp_path_factory.mktemp("clone") / "lab"
    shell.run(["git", "clone", "--quiet", "--shared", source_directory(), directory])
    return directory


def _lab(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the clone's own `lab`, as a user without a home of their own."""
    environment = {**os.environ, "PYTHONPATH": str(clone), "XDG_STATE_HOME": str(clone / "state")}
    command = [sys.executable, "-c", _LAB, *arguments]
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=500)


def test_its_notebooks_and_labs_are_fit_for_learners(clone: Path) -> None:
    ran = _lab(clone, "validate", "--quick")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert str(source_directory()) not in ran.stdout, "it looked at the checkout and not at the clone"


def test_it_breaks_none_of_its_own_rules(clone: Path) -> None:
    ran = _lab(clone, "lint", "infra", "app/prj_01", "app/prj_02", "app/prj_03", "app/prj_04")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("overlay", _OVERLAYS)
@pytest.mark.skipif(shell.find("kubectl") is None, reason="kubectl is not here")
def test_an_overlay_renders_once_its_secrets_are_made(overlay: str, clone: Path) -> None:
    shell.run([clone / "infra/_shared/scripts/env/setup_env_secure.sh", overlay])
    rendered = shell.run(["kubectl", "kustomize", clone / "infra/k8s/overlays" / overlay]).stdout
    assert "kind: Deployment\n" in rendered
    assert shell.run(["git", "status", "--porcelain"], cwd=clone).stdout == "", "a secret would be committed"


def test_every_script_can_be_started_and_says_what_it_is_for(clone: Path) -> None:
    scripts = sorted((clone / "infra").rglob("*.sh"))
    assert scripts
    for script in scripts:
        assert os.access(script, os.X_OK), script
        said = subprocess.run([script, "--help"], capture_output=True, text=True, check=False, timeout=300)
        assert (said.returncode, bool(said.stdout.strip())) == (0, True), f"{script}: {said.stdout}{said.stderr}"
