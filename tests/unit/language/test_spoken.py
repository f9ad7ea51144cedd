"""A language reaches everything: commands, notebooks run headless, their kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lab_helpers.errors import WaitTimeout
from lab_helpers.language import current
from lab_helpers.run.notebooks import execute
from lab_helpers.translation.messages import Message
from lab_helpers.wait import until
from lab_helpers.workbook.session import shell_cells

from . import pseudo

_NAME = "09_sample"


def _lab(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from lab_helpers.cli.main import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"COLUMNS": "200"} | environment)


def test_help_is_in_the_language_of_the_locale(pseudo_language: str) -> None:
    output = _lab("run", "--help", LANG=pseudo_language).stdout
    assert pseudo.tell("Run the workbook headless and write a report; exit code 1 when a step failed.") in output
    assert pseudo.tell("Directory of the report; by default build/lab.") in output


def test_an_option_goes_before_the_locale(pseudo_language: str) -> None:
    done = _lab("run", "--language", pseudo_language, "99", LANG="ko_KR.UTF-8")
    assert done.returncode == 1
    assert "⟦íš ñó ñótébóók; théré áré " in done.stderr


def test_a_language_that_is_not_there_is_refused() -> None:
    done = _lab("run", "--language", "xx")
    assert done.returncode == 1
    assert "'xx': is no language of this lab; it speaks en, ko\n" in done.stderr
    assert "next: --language ko" in done.stderr


def test_what_was_found_here_is_told_in_it_and_to_programs_in_english(pseudo_language: str, tmp_path: Path) -> None:
    mine = {"LANG": pseudo_language, "KUBECONFIG": str(tmp_path / "none")}
    doctor = ("doctor", "--provider", "existing")
    finding = f"ñó çóñtéxt wáš ñáméd, áñd théré íš ñó çúrréñt óñé íñ {tmp_path}/none"
    assert finding in _lab(*doctor, **mine).stdout
    seen_in_json = json.loads(_lab(*doctor, "--json", **mine).stdout)["providers"]["existing"][0]["seen"]
    assert seen_in_json == f"no context was named, and there is no current one in {tmp_path}/none"


def test_time_that_ran_out_is_told_in_it(pseudo_language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", pseudo_language)
    with pytest.raises(WaitTimeout) as failure:
        until(lambda: False, seconds=0, outcome="become Ready", object="a")
    assert failure.value.reason == "⟦díd ñót béçómé Réádý wíthíñ 0 š⟧"


def test_a_command_of_a_shell_cell_that_failed_is_told_in_it(
    pseudo_language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", pseudo_language)
    with pytest.raises(shell_cells.CellFailed) as failure:
        shell_cells.run("true\nfalse \"it's\" '$HOME' `true`", tmp_path, lambda _line: None)
    assert failure.value.reason == "⟦líñé 2 éñdéd wíth 1: false \"it's\" '$HOME' `true`⟧"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    pseudo.write_catalogues(
        tmp_path / "share",
        {"messages": [Message("expected")], f"lab_{_NAME}": [Message("# A title", context=f"{_NAME}#title")]},
    )
    cells = [
        new_markdown_cell("# A title", id="title"),
        new_code_cell("# a comment\nfrom lab_helpers.language import gettext\nprint(gettext('expected'))", id="code"),
    ]
    metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    file = tmp_path / f"{_NAME}.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=metadata), file)
    return file


def test_a_headless_run_speaks_it_and_runs_the_same_code(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed = {}
    for language in ("en", pseudo.PSEUDO):
        monkeypatch.setenv("LAB_LANGUAGE", language)
        assert current() == language
        output = tmp_path / language / notebook.name
        output.parent.mkdir()
        assert execute(notebook, output, parameters={}, events=tmp_path / "events.jsonl").passed
        executed[language] = nbformat.read(output, as_version=4)
    english, other = executed["en"], executed[pseudo.PSEUDO]
    assert [cell.source for cell in other.cells] == ["# Á títlé", english.cells[1].source]
    assert other.cells[1].outputs[0].text == "⟦éxpéçtéd⟧\n"
    assert english.cells[1].outputs[0].text == "expected\n"
    assert (english.metadata.language, other.metadata.language) == ("en", pseudo.PSEUDO)
