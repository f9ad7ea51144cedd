"""A real PostgreSQL and a real Redis as processes of the tests, from the Debian packages of the lab's own images.

They listen on a Unix socket only and end with the test, or with pytest if it is killed. Where they cannot run, the
test is skipped with the reason.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from lab_helpers import shell, wait
from lab_helpers.errors import LabError
from lab_helpers.images import debian
from lab_helpers.images.bases import BASES
from tests.left_out import NO_SERVER

__all__ = ["Database", "Server", "broker_url", "database_url", "postgresql", "postgresql_server", "redis_server"]

_UP_SECONDS = 120.0
_NOBODY = 65534
_numbers = count(1)


@dataclass
class Server:
    """A server that a test starts, kills and starts again.

    Attributes:
        name: What it is.
        url: What an application gets as the setting that names it.
        command: What runs.
        ping: Succeeds once the server answers.
        environment: Where both find their libraries.
        directory: Its files, its socket and its log.
    """

    name: str
    url: str
    command: Sequence[str]
    ping: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            WaitTimeout: It did not; the last event is the end of its log.
        """
        log = self.directory / "log"

        def is_up() -> bool:
            # Begun anew where it has ended: children of a killed one may still have held what it needs.
            if self._process is None or self._process.poll() is not None:
                with log.open("a") as file:
                    self._process = shell.start(self.command, env=self.environment, stdout=file, stderr=file)
            return shell.run(self.ping, env=self.environment, check=False).returncode == 0

        tail = lambda: log.read_text()[-2000:]  # noqa: E731
        wait.until(is_up, seconds=_UP_SECONDS, outcome="answer", object=self.name, last_event=tail)

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal that ends it, and wait until it has ended."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()


@dataclass
class Database(Server):
    """PostgreSQL, which lets in whoever may open its socket."""

    def create(self) -> str:
        """Create an empty database, and return its URL."""
        name = f"test_{next(_numbers)}"
        self.query(f"CREATE DATABASE {name}", self.url)
        return self.url.replace("/postgres?", f"/{name}?")

    def query(self, statement: str, url: str) -> str:
        """What a statement returns: a line a row, ``|`` between columns.

        Raises:
            CommandFailed: It failed.
        """
        psql = [str(Path(self.ping[0]).with_name("psql")), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        options = ["--set=ON_ERROR_STOP=1", f"--dbname={url}"]
        return shell.run([*psql, *options], env=self.environment, input=statement).stdout.strip()


def _directory() -> tempfile.TemporaryDirectory[str]:
    # The processes of a killed server may write into it while it is removed.
    return tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True)


@contextmanager
def postgresql_server() -> Iterator[Database]:
    """A PostgreSQL of one's own, started; what it answered for outlives a kill, if not a machine that stops."""
    root, environment = _unpack("postgresql")
    programs, user = next(root.glob("usr/lib/postgresql/*/bin")), _unprivileged()
    with _directory() as temporary:
        directory, data = Path(temporary), Path(temporary) / "data"
        initdb = [f"{programs}/initdb", "--username=postgres", "--auth=trust", "--no-sync", "--locale=C.UTF-8"]
        shell.run([*user, *initdb, str(data)], env=environment)
        settings = {"listen_addresses": "", "unix_socket_directories": directory, "timezone": "UTC", "fsync": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        url = f"postgresql://postgres@/postgres?host={quote(temporary, safe='')}"
        command = [*user, f"{programs}/postgres", "-D", str(data), *options]
        ping = [f"{programs}/pg_isready", "-q", "-h", temporary]
        server = Database("postgresql", url, command, ping, environment, directory)
        with _running(server):
            yield server


@contextmanager
def redis_server() -> Iterator[Server]:
    """A Redis of one's own, started; what it was told outlives a kill, if not a machine that stops."""
    root, environment = _unpack("redis")
    with _directory() as temporary:
        socket = Path(temporary) / "redis.sock"
        settings = {"port": 0, "unixsocket": socket, "dir": temporary, "appendonly": "yes", "appendfsync": "no"}
        options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        command = [f"{root}/usr/bin/redis-server", *options]
        ping = [f"{root}/usr/bin/redis-cli", "-e", "-s", str(socket), "ping"]
        server = Server("redis", f"unix://{socket}", command, ping, environment, Path(temporary))
        with _running(server):
            yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Database]:
    """A PostgreSQL that the tests of this process share; ``create`` gives each a database of its own."""
    with postgresql_server() as server:
        yield server


@pytest.fixture
def database_url(postgresql: Database) -> str:
    """An empty database, as ``DATABASE_URL`` names it."""
    return postgresql.create()


@pytest.fixture
def broker_url() -> Iterator[str]:
    """An empty Redis, as ``BROKER_URL`` names it."""
    with redis_server() as server:
        yield server.url


@contextmanager
def _running(server: Server) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        server.end()


def _unpack(base: str) -> tuple[Path, dict[str, str]]:
    """The files of a base image, and where its programs find their libraries; the C library is this machine's own."""
    recipe = BASES[base]
    try:
        root = debian.unpack_root(*recipe.packages, without=(*recipe.without, "libc6")).root
    except LabError as error:
        pytest.skip(f"{NO_SERVER}: {base}: {error}")
    libraries = [path for part in ("usr/lib", "lib") for path in root.glob(f"{part}/*-linux-gnu*")]
    return root, {"LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))}


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root: in a user namespace root is called nobody and has lost its privileges."""
    if os.geteuid() != 0:
        return []
    command = ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--"]
    try:
        shell.run([*command, "true"])
    except LabError as error:
        pytest.skip(f"{NO_SERVER}: PostgreSQL: root has no user namespaces: {error}")
    return command
