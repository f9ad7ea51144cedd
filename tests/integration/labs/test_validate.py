"""`lab validate` on a cluster, for an author who has notebooks/ and labs/ elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.validation import sample

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

_LAB = Path(sys.executable).parent / "lab"


def _validate(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_LAB, "validate", "99", "--directory", "author", *options],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_STATE_HOME": str(directory / "state")},
    )


def _failed(output: str) -> list[str]:
    return re.findall(r"^FAILED +99_sample  (.*)$", output, re.MULTILINE)


def test_an_author_is_told_what_holds_and_what_does_not(tmp_path: Path) -> None:
    author = tmp_path / "author"
    author.mkdir()
    sample.write(author)
    written = _validate(tmp_path, "--write-cards")
    assert (written.returncode, _failed(written.stdout)) == (0, []), written.stdout + written.stderr
    assert written.stdout.splitlines()[-1] == "all is proven"
    wrong = author / "labs" / "lab_99_sample" / "wrong"
    assert "expected  a namespace lab-99" in (wrong / "elsewhere" / "card.txt").read_text()

    (wrong / "misspelled" / "card.txt").write_text("another card\n")
    (wrong / "elsewhere" / "wrong.toml").write_text('step = "99.2"\nmistake = "No."\nexpect = "not on the card"\n')
    (author / "labs" / "lab_99_sample" / "solution" / "99.2" / "run.sh").write_text("kubectl get namespaces\n")
    checks = author / "labs" / "lab_99_sample" / "checks.py"
    checks.write_text(checks.read_text().replace('if text != "done\\n":', "if not text:"))
    (wrong / "impossible").mkdir()
    (wrong / "impossible" / "wrong.toml").write_text('step = "99.1"\nmistake = "No."\nexpect = "none"\n')
    (wrong / "impossible" / "run.sh").write_text("kubectl get namespace no-such-namespace\n")
    (wrong / "impossible" / "undo.sh").write_text("kubectl delete namespace another-such-namespace\n")
    output = _validate(tmp_path)
    assert output.returncode == 1
    assert "line 1 ended with 1: kubectl get namespace no-such-namespace" in output.stdout
    assert _failed(output.stdout) == [
        "99.1: the check fails where nothing is done",
        "99.1: the check catches impossible",
        "99.1: the check catches misspelled",
        "99.2: the check catches elsewhere",
        "99.2: the check passes on the solution, typed as it is shown",
    ]
    assert output.stdout.splitlines()[-1] == "5 proofs failed"
    assert list((tmp_path / "state" / "kubernetes-lab" / "labs").glob("*")) == [], "nothing of its cluster is left"
