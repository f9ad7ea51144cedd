import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prj_03.settings import SettingsError, read

NOW = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
COMPLETE = {"DATABASE_URL": "postgresql://app:correct-horse@database/readings", "WINDOW": "2026-01-31"}


class _Recorder(dict[str, str]):
    """Variables, and the names of those that were read."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables)
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)


def test_only_what_has_no_sensible_default_is_required() -> None:
    settings = read(COMPLETE, NOW)
    assert (settings.window.name, settings.report_dir, settings.patience_seconds) == ("2026-01-31", None, 60)
    assert "correct-horse" not in repr(settings)


def test_all_that_is_wrong_is_named_at_once_and_no_secret_is_shown(tmp_path: Path) -> None:
    wrong = {
        "DATABASE_URL": "postgresql://app:correct horse@[database",
        "WINDOW": "tomorrow",
        "REPORT_DIR": str(tmp_path / "missing"),
        "PATIENCE_SECONDS": "nan",
        "LOG_LEVEL": "loud",
    }
    with pytest.raises(SettingsError) as caught:
        read(wrong, NOW)
    assert [fault.partition(":")[0] for fault in str(caught.value).split("; ")] == list(wrong)
    assert "horse" not in str(caught.value)


@pytest.mark.parametrize("name", ["DATABASE_URL", "WINDOW", "REPORT_DIR"])
def test_an_empty_one_is_a_mistake_and_no_default(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: is empty"):
        read({**COMPLETE, name: ""}, NOW)


def test_the_example_names_exactly_the_variables_that_are_read() -> None:
    recorder = _Recorder(COMPLETE)
    read(recorder, NOW)
    example = (Path(__file__).parents[1] / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE)
    assert {name for name, _ in named} == recorder.names - {"APP_VERSION"}
    assert {value for _, value in named} == {""}, "the schema holds no values"
