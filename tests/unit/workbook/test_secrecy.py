from __future__ import annotations

import base64
from pathlib import Path

import pytest

from lab_helpers.workbook.learner.secrecy import Secrecy

PASSWORD = "pull-me-if-you-can"
KEY = "0123456789abcdef0123456789abcdef"


def test_the_registrys_password_is_masked(tmp_path: Path) -> None:
    encoded = base64.b64encode(PASSWORD.encode()).decode()
    shown = Secrecy([PASSWORD], tmp_path).redactor().text(f"password {PASSWORD}, or {encoded}")
    assert PASSWORD not in shown
    assert encoded not in shown


def test_values_made_during_the_session_are_masked(tmp_path: Path) -> None:
    secrecy = Secrecy([PASSWORD], tmp_path)
    assert KEY in secrecy.redactor().text(KEY)
    (tmp_path / "web.env").write_text(f'# a comment\nAPI_KEY="{KEY}"\nEMPTY=\n')
    assert KEY not in secrecy.redactor().text(f"API_KEY={KEY}")


def test_the_run_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secrets"
    monkeypatch.setenv("LAB_SECRETS_FILE", str(file))
    (tmp_path / "web.env").write_text(f"API_KEY={KEY}\n")
    secrecy = Secrecy([PASSWORD], tmp_path)
    secrecy.redactor()
    secrecy.redactor()
    assert file.read_text().splitlines() == [PASSWORD, KEY]
    assert file.stat().st_mode & 0o777 == 0o600
