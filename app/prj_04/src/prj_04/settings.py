"""The settings: environment variables, read once and checked before anything starts; `.env.example` is the schema."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import psycopg
from psycopg import conninfo
from redis import Redis

from prj_04.rules import Rule, parse_rules

__all__ = ["LEVELS", "Settings", "SettingsError", "broker_url", "read", "read_migration"]

T = TypeVar("T")

LEVELS = ("error", "warning", "info", "debug")


class SettingsError(Exception):
    """Variables that are missing or wrong, all of them; never with the value of one that is secret."""


@dataclass(frozen=True)
class Settings:
    """What the process was told by its environment.

    Attributes:
        version: The image's.
        database_url: Of PostgreSQL. Secret.
        broker_url: Of Redis. Secret.
        rules: When to raise an alert.
        webhook_url: Where alerts are posted; empty: nowhere. Secret.
        consumer: Who this process is in the consumer group.
        claim_seconds: After which a message that nobody acknowledged is taken over.
        max_deliveries: After which a message that cannot be handled is a dead letter.
        host: The address to listen on; empty: every.
        port: The TCP port to listen on; 0: a free one.
        log_level: The least severe level that is logged.
        drain_seconds: For the work in hand after SIGTERM.
    """

    version: str
    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    rules: tuple[Rule, ...]
    webhook_url: str = field(repr=False)
    consumer: str
    claim_seconds: float
    max_deliveries: int
    host: str
    port: int
    log_level: str
    drain_seconds: float


class _Reader:
    """Reads settings one by one, and keeps what is wrong with them for the end."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._faults: list[str] = []

    def setting(self, name: str, parse: Callable[[str], T], default: T | None = None) -> T:
        """The value of a variable; where it is wrong, one that nobody may use."""
        try:
            return _setting(self._environment, name, parse, default)
        except ValueError as error:
            self._faults.append(f"{name}: {error}")
            return default  # type: ignore[return-value]  # never used: `check` raises

    def check(self) -> None:
        """Make sure that everything read so far was right.

        Raises:
            SettingsError: Names every variable that is missing or wrong.
        """
        if self._faults:
            raise SettingsError("; ".join(self._faults))


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: Names every variable that is missing or wrong.
    """
    reader = _Reader(environment)
    settings = Settings(
        version=environment.get("APP_VERSION", "v0.0.0-dev"),
        database_url=reader.setting("DATABASE_URL", _database_url),
        broker_url=reader.setting("BROKER_URL", _broker_url),
        rules=reader.setting("ALERT_RULES", parse_rules),
        webhook_url=reader.setting("WEBHOOK_URL", _webhook_url, ""),
        consumer=reader.setting("CONSUMER", _text, socket.gethostname()),
        claim_seconds=reader.setting("CLAIM_SECONDS", _number(0.1, 3600), 30.0),
        max_deliveries=reader.setting("MAX_DELIVERIES", _whole_number(1, 100), 5),
        host=environment.get("HOST", ""),
        port=reader.setting("PORT", _whole_number(0, 65535), 8080),
        log_level=reader.setting("LOG_LEVEL", _level, "info"),
        drain_seconds=reader.setting("DRAIN_SECONDS", _number(0, 300), 10.0),
    )
    reader.check()
    return settings


def read_migration(environment: Mapping[str, str]) -> tuple[str, float]:
    """The database, and for how many seconds to wait for one that is still starting.

    Raises:
        SettingsError: One is missing or wrong, or both are.
    """
    reader = _Reader(environment)
    url = reader.setting("DATABASE_URL", _database_url)
    seconds = reader.setting("MIGRATE_SECONDS", _number(0, 3600), 30.0)
    reader.check()
    return url, seconds


def broker_url(environment: Mapping[str, str]) -> str:
    """The broker alone, for a command that needs nothing else.

    Raises:
        SettingsError: It is missing or wrong.
    """
    reader = _Reader(environment)
    url = reader.setting("BROKER_URL", _broker_url)
    reader.check()
    return url


def _setting(environment: Mapping[str, str], name: str, parse: Callable[[str], T], default: T | None) -> T:
    text = environment.get(name)
    if text is None:
        if default is None:
            raise ValueError("is required and not set")
        return default
    if not text.strip():
        raise ValueError("is empty; give it a value" + ("" if default is None else ", or unset it"))
    return parse(text.strip())


def _text(text: str) -> str:
    return text


def _database_url(text: str) -> str:
    try:
        conninfo.conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        # The reason quotes the value, and the value has a password in it.
        raise ValueError("is no URL of PostgreSQL, as in postgresql://USER:PASSWORD@HOST/DATABASE") from None
    return text


def _broker_url(text: str) -> str:
    try:
        Redis.from_url(text).connection_pool.make_connection()  # which connects nowhere yet
        is_right = text.startswith("unix:///") or bool(urlsplit(text).hostname)
    except (ValueError, TypeError):  # the latter for an option that there is not
        is_right = False
    if not is_right:
        raise ValueError("is no URL such as redis://:PASSWORD@HOST:6379/0")
    return text


def _webhook_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise ValueError("is no URL such as https://HOST/PATH")
    return text


def _number(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise ValueError(f"{text!r} is not a number from {least:g} to {most:g}")
        return value

    return parse


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return parse


def _level(text: str) -> str:
    if text not in LEVELS:
        raise ValueError(f"{text!r} is not one of {', '.join(LEVELS)}")
    return text
