"""A Docker daemon in network and mount namespaces of its own: nothing of the host's network or mounts changes."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import paths, shell, wait
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.embedded import cgroups
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.files import content_key, once
from lab_helpers.images import debian

__all__ = ["Daemon", "mirror", "running"]

_START_SECONDS = 30.0
_STOP_SECONDS = 60.0
_PREFIX = "lab-docker-"  # of its directory and, not to be taken for a daemon's of this machine, of its cgroup
# Daemons before 23 cannot start a privileged container here, and bookworm has 20.10. Trixie's asks for no newer libc.
_RELEASE = "trixie"
_PACKAGES = ("docker.io", "docker-cli")
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

_START = """\
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
exec catatonit -- dockerd "$@"
"""
# A process namespace too: whatever ends its first process ends every container with it. That process is an init,
# because containers' supervisors become its children.
_OWN = ("unshare", "--net", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child=KILL", "--mount-proc")


@dataclass(frozen=True)
class Daemon:
    """A running daemon.

    Attributes:
        pid: A process in its network namespace.
    """

    pid: int

    def inside(self, argv: list[str]) -> list[str]:
        """A command as it runs where the daemon's published ports and its containers' network are."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--", *argv]


def mirror() -> str:
    """Where this machine gets Debian's packages from.

    Raises:
        LabError: It gets none.
    """
    filters = ["Origin: Debian", "Component: main", "Created-By: Packages"]
    listed = shell.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", *filters]).stdout.split()
    if not listed:
        raise LabError("knows no mirror of Debian", object="apt", next_step="apt-get update")
    return listed[0].rstrip("/")


@contextmanager
def running(report: Report) -> Iterator[Daemon]:
    """Run a daemon whose images stay in the cache; it ends with the context, or with the process that holds it.

    This process's environment names it, and Docker's own command, for all that is started meanwhile.
    """
    programs = _programs(report)
    state = paths.cache_directory() / "kind-machine" / "docker"
    state.mkdir(parents=True, exist_ok=True)
    with _alone(state, report), tempfile.TemporaryDirectory(prefix=_PREFIX) as run, _cgroup(Path(run).name):
        os.environ["PATH"] = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
        os.environ["DOCKER_HOST"] = f"unix://{run}/docker.sock"
        log = state.parent / "dockerd.log"
        with log.open("w") as output:
            process = shell.start(_command(Path(run), state), stdout=output, stderr=output)
        try:
            _wait_up(process, log)
            _remove_leftovers()
            yield Daemon(process.pid)
            _remove_leftovers()
        finally:
            _stop(process)


def _command(run: Path, state: Path) -> list[str]:
    options = [
        f"--host=unix://{run}/docker.sock",
        f"--data-root={state}",
        f"--exec-root={run}/exec",
        f"--pidfile={run}/docker.pid",
        f"--cgroup-parent=/{run.name}",
        "--bip=10.91.0.1/24",
        "--default-address-pool=base=10.92.0.0/16,size=24",
        "--log-level=warn",
    ]
    return [*_OWN, "--", "sh", "-ec", _START, "dockerd", *options]


@contextmanager
def _alone(state: Path, report: Report) -> Iterator[None]:
    """Two daemons would spoil each other's images; the kernel ends the wait when the other's holder is gone."""
    with (state.parent / "docker.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("waiting for another such machine to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _cgroup(name: str) -> Iterator[None]:
    """Removes the daemon's cgroup once it has ended, and before that those of daemons that were killed."""
    for leftover in {path.name for hierarchy in cgroups.hierarchies() for path in hierarchy.glob(f"{_PREFIX}*")}:
        with suppress(WaitTimeout):  # another machine's, at work
            cgroups.remove(leftover, seconds=0)
    try:
        yield
    finally:
        cgroups.remove(name)


def _wait_up(process: subprocess.Popen[str], log: Path) -> None:
    def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"dockerd ended with {process.returncode}; see {log}")
        return shell.run(["docker", "info"], check=False).returncode == 0

    wait.until(answers, seconds=_START_SECONDS, outcome="answer", object="dockerd", next_step=f"less {log}", every=0.2)


def _remove_leftovers() -> None:
    """Remove containers with their volumes, of a machine or a test that was killed, and images that lost their tag."""
    containers = shell.run(["docker", "ps", "--all", "--quiet"]).stdout.split()
    if containers:
        shell.run(["docker", "rm", "--force", "--volumes", *containers])
    shell.run(["docker", "image", "prune", "--force"])


def _stop(process: subprocess.Popen[str]) -> None:
    # unshare itself ignores this signal while its child runs; the child, an init, hands it on to the daemon.
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGTERM)
    try:
        process.wait(timeout=_STOP_SECONDS)
    finally:
        process.kill()


def _programs(report: Report) -> list[Path]:
    """Directories with Docker's programs, containerd and an init for it, none of them installed."""
    newer = once(
        paths.cache_directory() / "kind-machine" / f"docker-{content_key(_RELEASE, *_PACKAGES)}",
        lambda part: _unpack_newer(part, report),
    )
    others = [debian.unpack(name).root / "usr/bin" for name in ("containerd", "catatonit")]
    return [newer / "root/usr/sbin", newer / "root/usr/bin", *others]


def _unpack_newer(directory: Path, report: Report) -> None:
    report(f"fetching Docker from Debian {_RELEASE}")
    directory.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=directory) as work:
        apt = _apt(Path(work))
        shell.run([*apt, "update"])
        shell.run([*apt, "download", *_PACKAGES], cwd=Path(work))
        for archive in Path(work).glob("*.deb"):
            shell.run(["dpkg-deb", "--extract", archive, directory / "root"])


def _apt(work: Path) -> list[str]:
    """apt with lists of its own, so that this machine's stay what they are."""
    for directory in ("lists/partial", "cache/archives/partial"):
        (work / directory).mkdir(parents=True)
    (work / "sources.list").write_text(f"deb [signed-by={_KEYRING}] {mirror()} {_RELEASE} main\n")
    options = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",
    }
    return ["apt-get", "--quiet", *(f"--option={name}={value}" for name, value in options.items())]
