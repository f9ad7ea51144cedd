"""`lab lint`: what it prints for people and for programs, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab_helpers.cli.main import app

from .trees import APP, DEPLOY, write

_PLANTED = {**DEPLOY, "Dockerfile": APP["Dockerfile"]}


def _lint(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["lint", *map(str, arguments)], catch_exceptions=True)
    return result.exit_code, result.stdout


def test_nothing_wrong_says_what_was_looked_at(tmp_path: Path) -> None:
    code, text = _lint(write(tmp_path, DEPLOY))
    assert code == 0
    assert (
        f"{tmp_path}: judged as a Deploy repository, by its looks (--as says otherwise): 3 files, 2 manifests" in text
    )


def test_a_finding_says_where_why_and_what_to_do(tmp_path: Path) -> None:
    code, text = _lint(write(tmp_path, _PLANTED))
    assert code == 1
    for part in (f"{tmp_path}/Dockerfile:1", "deploy-dockerfile", "(§2.3)", "why: ", "fix: ", "1 error, "):
        assert part in text


def test_json_is_english_in_every_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", "ko")
    code, text = _lint(write(tmp_path, _PLANTED), "--format", "json")
    record = json.loads(text)
    assert (code, record["summary"]["error"]) == (1, 1)
    assert record["findings"][0]["message"] == "a Dockerfile in a Deploy repository"
    assert record["judged"] == [
        {"path": str(tmp_path), "kind": "deploy", "is_detected": True, "files": 4, "manifests": 2}
    ]


def test_sarif_names_rule_file_and_line(tmp_path: Path) -> None:
    accepted = '[[ignore]]\nrule = "deploy-dockerfile"\npath = "Dockerfile"\nreason = "a lesson"\n'
    files = {**_PLANTED, "b/Dockerfile": APP["Dockerfile"], ".lab-lint.toml": accepted}
    code, text = _lint(write(tmp_path, files), "--format", "sarif")
    (run,) = json.loads(text)["runs"]
    finding, suppressed = run["results"]
    assert code == 1
    assert run["tool"]["driver"]["rules"][finding["ruleIndex"]]["id"] == finding["ruleId"] == "deploy-dockerfile"
    place = finding["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (f"{tmp_path}/b/Dockerfile", 1)
    assert suppressed["suppressions"] == [{"kind": "external", "justification": "a lesson"}]


def test_rules_are_listed() -> None:
    code, text = _lint("--rules")
    assert (code, "deploy-dockerfile" in text) == (0, True)


@pytest.mark.parametrize("arguments", [["missing"], ["--as", "cluster", "."], ["--format", "xml", "."]])
def test_misuse_is_status_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["lint", *arguments])
    assert result.exit_code == 2 or getattr(result.exception, "exit_code", None) == 2
