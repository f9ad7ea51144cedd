"""Settings: read once from environment variables and checked before anything starts; `.env.example` is their schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

__all__ = ["Environment", "Server", "Settings", "SettingsError", "read", "read_server"]

T = TypeVar("T", int, float)

_LEVELS = ("error", "warning", "info", "debug")


class SettingsError(Exception):
    """Variables that are missing or wrong, all of them in one line; values are not shown, for some are secret."""


@dataclass(frozen=True)
class Server:
    """What everything that serves HTTP reads.

    Attributes:
        host: The address to listen on; empty for every address.
        port: The TCP port; 0 takes a free one.
        level: The least severe level that is logged.
        version: That of the image, which its build bakes in.
    """

    host: str
    port: int
    level: str
    version: str


@dataclass(frozen=True)
class Settings:
    """What the collector reads.

    Attributes:
        server: Where it serves its probes and metrics.
        feed_url: What is asked for readings, as in ``http://feed:8080/readings``.
        database_url: The database, with its password.
        broker_url: The broker, with its password; empty where nothing is published.
        poll_seconds: How long to wait where the feed has nothing new.
        batch_size: How many readings are asked for, and stored, at once.
        buffer_size: How many readings are held while the database does not take them.
        aggregate_seconds: How often minutes are aggregated.
        monitor_seconds: How often the database is looked at.
        drain_seconds: What storing the buffer may take after SIGTERM.
    """

    server: Server
    feed_url: str
    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    poll_seconds: float
    batch_size: int
    buffer_size: int
    aggregate_seconds: float
    monitor_seconds: float
    drain_seconds: float


class Environment:
    """Reads variables one by one and keeps what is wrong with them for the end.

    Args:
        variables: The environment; an empty value counts as none.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """The text of a variable."""
        return self._variables.get(name) or default

    def url(self, name: str, schemes: tuple[str, ...], *, required: bool) -> str:
        """An address of one of some schemes."""
        text = self.text(name)
        if not text:
            if required:
                self._problems.append(f"{name} is required and not set")
        elif not _is_url(text, schemes):
            self._problems.append(
                f"{name} must be an address that begins with {' or '.join(f'{s}://' for s in schemes)}"
            )
        return text

    def database_url(self) -> str:
        """The database, which everything needs that asks for it."""
        url = self.url("DATABASE_URL", ("postgresql", "postgres"), required=True)
        try:
            conninfo_to_dict(url)
        except ProgrammingError:  # which would show the password
            self._problems.append("DATABASE_URL cannot be read by PostgreSQL's client")
        return url

    def number(self, name: str, default: T, minimum: float, maximum: float) -> T:
        """A number of the kind of its default."""
        text, kind = self.text(name), type(default)
        try:
            number = kind(text) if text else default
        except ValueError:
            number = None
        if number is None or not minimum <= number <= maximum:
            name_of_kind = "a whole number" if kind is int else "a number"
            self._problems.append(f"{name} must be {name_of_kind} from {minimum:g} to {maximum:g}")
            return default
        return number

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of several words."""
        text = self.text(name, default)
        if text not in choices:
            self._problems.append(f"{name} must be one of {', '.join(choices)}")
        return text

    def check(self) -> None:
        """Make sure that everything read so far was right.

        Raises:
            SettingsError: Something was not.
        """
        if self._problems:
            raise SettingsError("; ".join(self._problems))


def read(variables: Mapping[str, str]) -> Settings:
    """Read the collector's settings.

    Raises:
        SettingsError: Some are missing or wrong.
    """
    environment = Environment(variables)
    settings = Settings(
        server=read_server(environment),
        feed_url=environment.url("FEED_URL", ("http", "https"), required=True),
        database_url=environment.database_url(),
        broker_url=environment.url("BROKER_URL", ("redis", "rediss", "unix"), required=False),
        poll_seconds=environment.number("POLL_SECONDS", 1.0, 0.01, 3600),
        batch_size=environment.number("BATCH_SIZE", 500, 1, 1000),
        buffer_size=environment.number("BUFFER_SIZE", 10_000, 1, 10_000_000),
        aggregate_seconds=environment.number("AGGREGATE_SECONDS", 10.0, 0.1, 3600),
        monitor_seconds=environment.number("MONITOR_SECONDS", 1.0, 0.1, 60),
        drain_seconds=environment.number("DRAIN_SECONDS", 10.0, 0, 300),
    )
    environment.check()
    return settings


def read_server(environment: Environment) -> Server:
    """Read what everything that serves HTTP reads."""
    return Server(
        host=environment.text("HOST"),
        port=environment.number("PORT", 8080, 0, 65535),
        level=environment.choice("LOG_LEVEL", _LEVELS, "info"),
        version=environment.text("APP_VERSION", "v0.0.0-dev"),
    )


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.netloc or parts.path) and parts.port != 0
    except ValueError:  # no number where the port stands
        return False
