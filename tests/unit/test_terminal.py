"""A terminal of another encoding gets stand-ins, and files are UTF-8 whatever it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import LAB, run_lab

SHOWN = "✓ ✗ – … → 한글 é"


def show(encoding: str, stream: str = "stdout") -> str:
    script = f"import sys; from lab_helpers.terminal import adapt; adapt(); print({SHOWN!r}, file=sys.{stream})"
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    return (result.stdout if stream == "stdout" else result.stderr).decode(encoding).strip()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", SHOWN),
        ("ascii", "+ x - ... -> ?? ?"),
        ("latin-1", "+ x - ... -> ?? é"),
        ("euc-kr", "+ x - … → 한글 ?"),
    ],
)
def test_what_it_cannot_show_has_a_stand_in(encoding: str, shown: str) -> None:
    assert show(encoding) == shown
    assert show(encoding, "stderr") == shown


@pytest.mark.parametrize("verb", ["doctor", "status", "--help", "kubeconfig", "down --name nobodys"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_verb_fails_on_a_letter(tmp_path: Path, verb: str, language: str) -> None:
    result = run_lab(
        *verb.split(),
        env={
            **os.environ,
            "PYTHONIOENCODING": "latin-1",
            "LAB_LANGUAGE": language,
            "XDG_STATE_HOME": str(tmp_path),
            "COLUMNS": "80",
        },
    )
    assert "Traceback" not in result.stderr, result.stderr


@pytest.mark.skipif(not (shutil.which("localedef") and Path("/usr/share/i18n").exists()), reason="makes a locale")
def test_files_are_utf_8_in_a_korean_locale_of_another_encoding(tmp_path: Path) -> None:
    subprocess.run(["localedef", "-i", "ko_KR", "-f", "EUC-KR", tmp_path / "ko_KR.euckr"], check=False)
    script = (
        "import sys; from pathlib import Path; from lab_helpers.terminal import adapt; adapt()\n"
        "Path(sys.argv[1]).write_text('\\u2713 \\ud55c\\uae00'); print('\\ud55c\\uae00')"
    )
    file = tmp_path / "file"
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONIOENCODING", "PYTHONUTF8")
    } | {"LOCPATH": str(tmp_path), "LC_ALL": "ko_KR.euckr"}
    result = subprocess.run([sys.executable, "-c", script, file], env=environment, capture_output=True, check=True)
    assert file.read_text(encoding="utf-8") == "✓ 한글"
    assert result.stdout.decode("euc-kr").strip() == "한글"
    doctor = subprocess.run([LAB, "doctor"], env=environment, capture_output=True, check=False)
    assert b"Traceback" not in doctor.stderr
