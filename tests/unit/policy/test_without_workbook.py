"""A team uses `lab lint` without the workbook: from a small installation, in pre-commit, as an action."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from lab_helpers.checkout import source_directory

from .trees import APP, DEPLOY, write

ROOT = source_directory()

_MODULES = """
import sys
from lab_helpers.cli.main import main
sys.argv = ["lab", *sys.argv[1:], "--language", "ko"]
try:
    main()
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names), file=sys.stderr)
"""


@pytest.mark.parametrize("verb", [("lint", "."), ("checklist", "app", "."), ("diff", "k8s/base", "k8s/base")])
def test_it_loads_only_what_it_is_installed_with(verb: tuple[str, ...], tmp_path: Path) -> None:
    write(tmp_path, {**DEPLOY, **APP})
    command = [sys.executable, "-c", _MODULES, *verb]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    loaded = set(run.stderr.splitlines()[-1].split())
    assert run.returncode in (0, 1), run.stderr
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["workbook"]
    assert {"lab_helpers", "typer"} <= loaded
    assert loaded.isdisjoint({"bcrypt", "cryptography", "docker", "jupyter", "kubernetes", "nbformat", "papermill"})
    assert len(extras) > 10


def _lint_step() -> str:
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    return str(next(step["run"] for step in steps if step["name"] == "Lint"))


def _run_action(directory: Path, temporary: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    (temporary / "lab-lint").mkdir(parents=True)
    (temporary / "lab-lint/bin").symlink_to(Path(sys.executable).parent)
    environment = {
        "RUNNER_TEMP": str(temporary),
        "PATH": "/usr/bin:/bin",
        "PATHS": ".",
        "KIND": "",
        "SARIF": "",
        **inputs,
    }
    bash = shutil.which("bash")
    assert bash is not None
    # As GitHub runs `shell: bash`.
    command = [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", _lint_step()]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)


def test_the_action_fails_on_a_finding_and_writes_sarif(tmp_path: Path) -> None:
    repository = write(tmp_path / "deploy repo", {**DEPLOY, "Dockerfile": APP["Dockerfile"]})
    run = _run_action(repository, tmp_path / "temporary", KIND="deploy", SARIF="out.sarif")
    assert (run.returncode, run.stderr) == (1, "")
    assert "Dockerfile:1" in run.stdout
    assert "deploy-dockerfile" in (repository / "out.sarif").read_text()


def test_the_action_passes_where_nothing_is_wrong(tmp_path: Path) -> None:
    run = _run_action(write(tmp_path / "app", APP), tmp_path / "temporary")
    assert (run.returncode, run.stderr) == (0, "")


def test_the_action_fails_on_misuse_whatever_it_writes(tmp_path: Path) -> None:
    run = _run_action(write(tmp_path / "app", APP), tmp_path / "temporary", PATHS="missing", SARIF="out.sarif")
    assert run.returncode == 2


def test_the_hook_runs_a_command_that_there_is() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    command = [Path(sys.executable).with_name("lab"), *hook["entry"].split()[1:], "--rules"]
    assert "deploy-dockerfile" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
