"""`lab config show`: what it prints of the template, and one line for whatever cannot be told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lab_helpers import checkout
from tests.commands import run_lab

_DEFINED = ("prj-01", "prj-02", "prj-03", "prj-04")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A learner's: the Deploy repository and the application's side by side."""
    shutil.copytree(checkout.infra_directory(), tmp_path / "infra", ignore=shutil.ignore_patterns("*.env"))
    (tmp_path / "app/prj_02").mkdir(parents=True)
    shutil.copy(checkout.source_directory() / "app/prj_02/.env.example", tmp_path / "app/prj_02")
    return tmp_path


def _show(*arguments: str) -> tuple[int, str, str]:
    ran = run_lab("config", "show", *arguments, "--offline")
    return ran.returncode, ran.stdout, ran.stderr


def test_a_variable_is_shown_with_its_level_and_its_line(workspace: Path) -> None:
    code, printed, _ = _show("prj-02", "--path", str(workspace), "--environment", "production")
    (line,) = [line for line in printed.splitlines() if line.startswith("LOG_LEVEL ")]
    name, value, level, base, place = line.split()
    assert (name, value, level, base) == ("LOG_LEVEL", "info", "1", "base")
    file, _colon, number = place.rpartition(":")
    assert (workspace / "infra" / file).read_text().splitlines()[int(number) - 1] == "  LOG_LEVEL: info"
    assert code == 1, "its secrets were not made yet"


def test_programs_get_json_in_english(workspace: Path) -> None:
    code, printed, _ = _show("prj_02", "--path", str(workspace / "infra"), "--json")
    record = json.loads(printed)
    levels = {variable["name"]: variable["level"] for variable in record["variables"]}
    assert (record["app"], record["environment"], code) == ("prj-02", "staging", 1)
    assert (levels["LOG_LEVEL"], levels["UNIT_PRICE"], levels["API_KEY"]) == (2, 1, 4)


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("app", _DEFINED)
def test_each_application_of_the_template_gets_all_that_it_requires(app: str, environment: str) -> None:
    arguments = ("--path", str(checkout.infra_directory()), "--environment", environment, "--json")
    _, printed, error = _show(app, *arguments)
    assert error == ""
    findings = {variable["name"]: variable["findings"] for variable in json.loads(printed)["variables"]}
    assert [name for name, each in findings.items() if "missing" in each] == []
    assert [name for name, each in findings.items() if "unknown" in each] == []


@pytest.mark.parametrize(
    ("arguments", "written", "reason"),
    [
        (("prj-09",), None, "'prj-09': has no .env.example; there are prj-01, prj-02"),
        (("prj-02", "--environment", "qa"), None, "'qa': is no environment of"),
        (("prj-02",), ("infra/k8s/overlays/staging/kustomization.yaml", "resources: [../gone]\n"), "../gone"),
        (("prj-02",), ("infra/k8s/overlays/staging/kustomization.yaml", "resources: [\n"), "staging"),
        (("prj-02",), ("infra/helm/apps/prj-02/values.yaml", "config: [a: {\n"), "values.yaml:2: is no YAML"),
        (("prj-02",), ("app/prj_02/.env.example", b"\xff\xfe"), "it is not UTF-8"),
    ],
)
def test_what_cannot_be_told_is_one_line_and_a_command(
    workspace: Path, arguments: tuple[str, ...], written: tuple[str, str | bytes] | None, reason: str
) -> None:
    if written:
        text = written[1]
        (workspace / written[0]).write_bytes(text if isinstance(text, bytes) else text.encode())
    code, printed, error = _show(*arguments, "--path", str(workspace))
    assert (code, printed) == (2, "")
    assert reason in error.splitlines()[0], error
    assert "next: " in error
    assert "Traceback" not in error


def test_a_directory_without_a_deploy_repository_is_none(tmp_path: Path) -> None:
    code, _, error = _show("prj-02", "--path", str(tmp_path))
    assert (code, error.splitlines()[0]) == (2, f"lab: {tmp_path}: holds no Deploy repository: it has no k8s/overlays")
