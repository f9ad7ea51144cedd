"""Which language is spoken, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from polib import POEntry

from lab_helpers import language, paths
from lab_helpers.errors import CheckFailed, LabError
from lab_helpers.language import columns, gettext, ngettext, pad
from lab_helpers.translation.catalogues import write
from lab_helpers.translation.messages import Message

from . import pseudo


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ko_KR.eucKR@x"}, "ko"),
        ({"LC_ALL": "en_US.UTF-8", "LANGUAGE": "xx:ko"}, "ko"),
        ({"LANGUAGE": "en:ko"}, "en"),
        ({"LAB_LANGUAGE": "ko", "LANGUAGE": "en", "LC_ALL": "en_US"}, "ko"),
        ({"LAB_LANGUAGE": "en", "LC_ALL": "ko_KR"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_environment_chooses(environment: dict[str, str], spoken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language.current() == spoken


def test_a_catalogue_makes_a_language(pseudo_language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert language.languages() == ["en", "ko", pseudo_language]
    monkeypatch.setenv("LANG", f"{pseudo_language}_ZZ.UTF-8")
    assert gettext("ready to use") == "⟦réádý tó úšé⟧"


def test_what_no_catalogue_knows_stays_as_it_is(pseudo_language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", pseudo_language)
    assert gettext("never said anywhere") == "never said anywhere"


def test_things_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo.write_catalogues(tmp_path / "share", {"messages": [Message("{count} step", "{count} steps")]})
    assert ngettext("{count} step", "{count} steps", 1) == "{count} step"
    monkeypatch.setenv("LAB_LANGUAGE", pseudo.PSEUDO)
    assert [ngettext("{count} step", "{count} steps", n) for n in (1, 2)] == ["⟦{count} štép⟧", "⟦{count} štépš⟧"]


def test_every_domain_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    domains = {"messages": [Message("both")], "lab_01": [Message("a lab says it")], "lab_02": [Message("another")]}
    pseudo.write_catalogues(tmp_path / "share", domains)
    monkeypatch.setenv("LAB_LANGUAGE", pseudo.PSEUDO)
    assert list(map(gettext, ("both", "a lab says it", "another"))) == ["⟦bóth⟧", "⟦á láb šáýš ít⟧", "⟦áñóthér⟧"]


def test_a_lab_brings_its_own_catalogue_and_makes_no_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "labs" / "lab_01" / "locale" / "ko" / "LC_MESSAGES" / "lab_01.po"
    write(file, pseudo.catalogue(POEntry(msgid="a lab of mine", msgstr="내 랩")))
    write(Path(str(file).replace("ko", "fr")), pseudo.catalogue())
    monkeypatch.setenv(paths.LAB_CHECKOUT, str(tmp_path))
    monkeypatch.setenv("LAB_LANGUAGE", "ko")
    assert gettext("a lab of mine") == "내 랩"
    assert language.languages() == ["en", "ko"]


def test_errors_speak_it(pseudo_language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", pseudo_language)
    text = str(LabError("gone", object="pod/a", last_event="Evicted", next_step="kubectl get pods"))
    assert text == "pod/a: gone\n  ⟦lášt évéñt: Evicted⟧\n  ⟦ñéxt: kubectl get pods⟧"
    text = str(CheckFailed("v1", seen="v2", hint="look", step="5.3"))
    assert text.splitlines()[1:] == ["  ⟦éxpéçtéd⟧: v1", "  ⟦šééñ⟧:     v2", "  ⟦híñt⟧:     look"]


def test_hangul_takes_two_columns() -> None:
    assert columns("Pod 배포") == 8
    assert pad("배포", 6) + "|" == "배포  |"


def test_english_reads_nothing() -> None:
    program = "import sys; from lab_helpers.language import gettext; gettext('x'); print('polib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
