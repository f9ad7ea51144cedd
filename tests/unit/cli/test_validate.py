"""`lab validate --quick`: a line a proof, and an exit code that can be trusted."""

from __future__ import annotations

from pathlib import Path

from tests.commands import run_lab
from tests.unit.validation import sample


def test_a_line_a_proof_and_an_honest_exit_code(tmp_path: Path) -> None:
    sample.write(tmp_path)
    proven = run_lab("validate", "--quick", "99", "--directory", str(tmp_path))
    assert (proven.returncode, proven.stderr) == (0, "")
    assert "ok      99_sample  its links lead somewhere" in proven.stdout.splitlines()
    assert proven.stdout.splitlines()[-1] == "all is proven that needs no cluster"

    toml = tmp_path / "labs" / "lab_99_sample" / "lab.toml"
    toml.write_text(toml.read_text().replace("minutes = 7", "minutes = 8"))
    failed = run_lab("validate", "--quick", "--directory", str(tmp_path))
    assert failed.returncode == 1
    lines = failed.stdout.splitlines()
    at = lines.index("FAILED  99_sample  the minutes of its steps add up")
    assert lines[at + 1 : at + 3] == [
        "        99_sample: lab.toml: its steps take 7 minutes together, and it says 8",
        f"          next: less {toml}",
    ]
    assert lines[-1] == "2 proofs failed"


def test_where_there_is_nothing_nothing_is_proven(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    refused = run_lab("validate", "--quick", "--directory", str(tmp_path))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "holds no notebook that could be proven" in refused.stderr


def test_what_holds_no_workbook_is_named_as_it_was_typed(tmp_path: Path) -> None:
    refused = run_lab("validate", "--quick", "--directory", str(tmp_path))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"lab: --directory {tmp_path}: has no directory notebooks/\n  next: ls {tmp_path}\n"


def test_a_notebook_that_is_none_is_refused_with_those_there_are(tmp_path: Path) -> None:
    sample.write(tmp_path)
    refused = run_lab("validate", "--quick", "77", "--directory", str(tmp_path))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"lab: '77': is no notebook; there are 99_sample\n  next: ls {tmp_path / 'notebooks'}\n"
