"""The settings: environment variables, read once and checked before anything starts; `.env.example` is the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg import conninfo

from prj_03 import window
from prj_03.window import Window

__all__ = ["LEVELS", "Settings", "SettingsError", "read", "read_database"]

T = TypeVar("T")

_PATIENCE_SECONDS = 60.0
LEVELS = ("error", "warning", "info", "debug")


class SettingsError(Exception):
    """Variables that are missing or wrong, all of them; never with the value of one that is secret."""


@dataclass(frozen=True)
class Settings:
    """What the job was told by its environment.

    Attributes:
        version: The image's.
        database_url: Of PostgreSQL. Secret.
        window: What the report is about.
        report_dir: Where the report is also written as a file; None: nowhere.
        patience_seconds: For a database that is away, and for another run of the same window.
        log_level: The least severe level that is logged.
    """

    version: str
    database_url: str = field(repr=False)
    window: Window
    report_dir: Path | None
    patience_seconds: float
    log_level: str


def read(environment: Mapping[str, str], now: datetime) -> Settings:
    """Read the settings.

    Args:
        environment: The variables, by name.
        now: The present moment, with its time zone.

    Raises:
        SettingsError: Names every variable that is missing or wrong.
    """
    faults: list[str] = []

    def setting(name: str, parse: Callable[[str], T], *default: T) -> T:
        try:
            return _setting(environment, name, parse, *default)
        except ValueError as error:
            faults.append(f"{name}: {error}")
            return default[0] if default else None  # type: ignore[return-value]  # never used: faults are raised below

    settings = Settings(
        version=environment.get("APP_VERSION", "v0.0.0-dev"),
        database_url=setting("DATABASE_URL", _database_url),
        window=setting("WINDOW", lambda text: window.parse(text, now)),
        report_dir=setting("REPORT_DIR", _directory, None),
        patience_seconds=setting("PATIENCE_SECONDS", _seconds, _PATIENCE_SECONDS),
        log_level=setting("LOG_LEVEL", _level, "info"),
    )
    if faults:
        raise SettingsError("; ".join(faults))
    return settings


def read_database(environment: Mapping[str, str]) -> tuple[str, float]:
    """The database and the patience with it, for a command that needs nothing else.

    Raises:
        SettingsError: One is missing or wrong.
    """
    try:
        url = _setting(environment, "DATABASE_URL", _database_url)
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL: {error}") from error
    try:
        return url, _setting(environment, "PATIENCE_SECONDS", _seconds, _PATIENCE_SECONDS)
    except ValueError as error:
        raise SettingsError(f"PATIENCE_SECONDS: {error}") from error


def _setting(environment: Mapping[str, str], name: str, parse: Callable[[str], T], *default: T) -> T:
    text = environment.get(name)
    if text is None:
        if not default:
            raise ValueError("is required and not set")
        return default[0]
    if not text.strip():
        raise ValueError("is empty; give it a value" + (", or unset it" if default else ""))
    return parse(text.strip())


def _database_url(text: str) -> str:
    try:
        conninfo.conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        # The reason quotes the value, and the value has a password in it.
        raise ValueError("is no URL of PostgreSQL, as in postgresql://USER:PASSWORD@HOST/DATABASE") from None
    return text


def _directory(text: str) -> Path:
    if not Path(text).is_dir():
        # Never made: one that is missing means a volume that is missing.
        raise ValueError(f"{text} is no directory")
    return Path(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 3600:
        raise ValueError(f"{text!r} is not a number from 0 to 3600")
    return value


def _level(text: str) -> str:
    if text not in LEVELS:
        raise ValueError(f"{text!r} is not one of {', '.join(LEVELS)}")
    return text
