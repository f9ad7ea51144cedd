"""Settings: read once from environment variables and checked before anything starts; `.env.example` is their schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from redis import Redis

__all__ = ["Environment", "Server", "Settings", "SettingsError", "read", "read_server"]

T = TypeVar("T", int, float)

_LEVELS = ("error", "warning", "info", "debug")


class SettingsError(Exception):
    """Variables that are missing or wrong, all of them; never with the value of one that is secret."""


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
        variables: The environment.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """The text of a variable; without a default it is required."""
        text = self._variables.get(name)
        if text is None:
            if default is None:
                self._refuse(name, "is required and not set")
            return default or ""
        # Empty is what a broken ConfigMap or Secret looks like, not the wish for the default.
        if not text.strip():
            self._refuse(name, "is empty; give it a value" + ("" if default is None else ", or unset it"))
        return text.strip()

    def feed_url(self) -> str:
        """The feed."""
        url = self.text("FEED_URL")
        if url and not _is_feed(url):
            self._refuse("FEED_URL", "is no URL such as http://HOST:8080/readings")
        return url

    def database_url(self) -> str:
        """The database, which everything needs that asks for it."""
        url = self.text("DATABASE_URL")
        try:
            is_right = url.startswith(("postgresql://", "postgres://")) and bool(conninfo_to_dict(url))
        except ProgrammingError:
            is_right = False
        if url and not is_right:
            # The reason quotes the value, and the value has a password in it.
            self._refuse("DATABASE_URL", "is no URL of PostgreSQL, as in postgresql://USER:PASSWORD@HOST/DATABASE")
        return url

    def broker_url(self) -> str:
        """The broker; empty where there is none."""
        url = self.text("BROKER_URL", "")
        if url and not _is_broker(url):
            self._refuse("BROKER_URL", "is no URL such as redis://:PASSWORD@HOST:6379/0")
        return url

    def number(self, name: str, default: T, minimum: float, maximum: float) -> T:
        """A number of the kind of its default."""
        text, kind = self.text(name, str(default)), type(default)
        try:
            number = kind(text)
        except ValueError:
            number = None
        if text and (number is None or not minimum <= number <= maximum):
            name_of_kind = "a whole number" if kind is int else "a number"
            self._refuse(name, f"{text!r} is not {name_of_kind} from {minimum:g} to {maximum:g}")
        return default if number is None else number

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of several words."""
        text = self.text(name, default)
        if text and text not in choices:
            self._refuse(name, f"{text!r} is not one of {', '.join(choices)}")
        return text

    def _refuse(self, name: str, reason: str) -> None:
        self._problems.append(f"{name}: {reason}")

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
        feed_url=environment.feed_url(),
        database_url=environment.database_url(),
        broker_url=environment.broker_url(),
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
        host=environment.text("HOST", ""),
        port=environment.number("PORT", 8080, 0, 65535),
        level=environment.choice("LOG_LEVEL", _LEVELS, "info"),
        version=environment.text("APP_VERSION", "v0.0.0-dev"),
    )


def _is_feed(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_somewhere = bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:  # no number where the port stands
        return False
    # A user and a password would not be sent, and the client's complaint about them would be logged.
    return parts.scheme in ("http", "https") and is_somewhere and "@" not in parts.netloc


def _is_broker(url: str) -> bool:
    try:
        Redis.from_url(url).connection_pool.make_connection()  # which connects nowhere yet
    except (ValueError, TypeError):  # the latter for an option that there is not
        return False
    return url.startswith("unix:///") or bool(urlsplit(url).hostname)
