"""Verdicts of 06 on where the readings lie, told from what psql and the cluster say."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, CheckFailed, Unsettled
from labs.lab_06_expand import databases, growing

_OWN = "db.prj-01-db.svc.cluster.local"


def _lab(tmp_path: Path, answers: dict[str, str] | None = None, **objects: dict[str, Any]) -> CheckContext:
    """A workspace, the objects of a cluster by their kind, and what each statement is answered, by words of it."""

    def execute(_pod: str, argv: list[str], namespace: str) -> SimpleNamespace:
        if argv[0] == "pg_isready":
            return SimpleNamespace(stdout="", stderr="", returncode=2)
        database, statement = argv[-2].partition("=")[2], argv[-1]
        said = next(
            text
            for words, text in (answers or {}).items()
            if set(words.split()) <= {namespace, database, *statement.split()}
        )
        return SimpleNamespace(stdout=f"{said}\n", stderr="", returncode=0)

    client = SimpleNamespace(exec=execute, get=lambda kind, _name, _namespace: objects.get(kind))
    return cast("CheckContext", SimpleNamespace(client=client, workspace=tmp_path))


@pytest.mark.parametrize(
    ("written", "hint"), [(f"{_OWN}:5432", "A port has no place there"), ('"10.96.0.25"', "which no DNS knows")]
)
def test_an_alias_leads_to_a_name(tmp_path: Path, written: str, hint: str) -> None:
    file = tmp_path / growing._PATCH
    file.parent.mkdir(parents=True)
    file.write_text(f"spec:\n  externalName: {written}\n")
    with pytest.raises(CheckFailed) as failure:
        growing._expect_name(_lab(tmp_path))
    assert hint in failure.value.hint
    file.write_text(f"spec:\n  externalName: {_OWN}\n")
    growing._expect_name(_lab(tmp_path))
    file.unlink()
    growing._expect_name(_lab(tmp_path))


def test_a_server_that_nobody_reaches_is_told_by_its_policy(tmp_path: Path) -> None:
    server = {"status": {"readyReplicas": 1}}
    with pytest.raises(CheckFailed) as failure:
        growing._expect_reachable(_lab(tmp_path, statefulset=server))
    assert failure.value.seen == "no answer, and no NetworkPolicy prj-01-own-db"
    with pytest.raises(Unsettled):
        growing._expect_reachable(_lab(tmp_path, statefulset=server, networkpolicy={}))
    growing._expect_reachable(_lab(tmp_path))


@pytest.mark.parametrize(
    ("copied", "refusal"),
    [
        ("0|0|0", "0 copied"),
        ("500|499|900", "500 copied"),
        ("7500|7499|1000", None),
        ("7498|7497|998", "some that the copy does not have"),
    ],
)
def test_rows_are_copied_whole_and_none_comes_after(tmp_path: Path, copied: str, refusal: str | None) -> None:
    lab = _lab(tmp_path, {"to_regclass('readings.reading')": "t", "xmin": copied})
    before = databases.Rows(7500, 7499, 1000)
    if refusal is None:
        assert growing._expect_copied(lab, before, "prj-01", "prj_01") == before
        return
    with pytest.raises(CheckFailed) as failure:
        growing._expect_copied(lab, before, "prj-01", "prj_01")
    assert failure.value.seen == refusal


@pytest.mark.parametrize(
    ("stored", "error"), [("100|99|9", Unsettled), ("120|120|9", CheckFailed), ("120|119|9", None)]
)
def test_the_collector_has_gone_on_without_a_gap(tmp_path: Path, stored: str, error: type[Exception] | None) -> None:
    lab, copied = _lab(tmp_path, {"FROM": stored}), databases.Rows(100, 99, 1)
    if error is None:
        assert growing._expect_written(lab, copied).count == 120
        return
    with pytest.raises(error):
        growing._expect_written(lab, copied)
