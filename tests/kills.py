"""Labs killed at random moments, whoever makes their clusters: which, when, and what must hold afterwards.

    LAB_KILLS=50 .venv/bin/pytest -k random_moment

`LAB_KILLS` says how many (a few by default), `LAB_KILLS_SEED` which; pytest prints both at its start.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import wait
from lab_helpers.cluster import choose, record
from lab_helpers.cluster.base import State
from lab_helpers.errors import LabError
from tests.commands import LAB

_NUMBER, SEED = "LAB_KILLS", "LAB_KILLS_SEED"
_FEW = 3
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Ground:
    """Where labs are killed.

    Attributes:
        provider: Who makes their clusters.
        seconds: How long `up` and `run` take, so that moments are spread over all of it.
        ending: Seconds a keeper may take to delete a cluster whose owner is gone.
        remains: Everything of a lab that is still there, one line each; files and processes as `file …`, `process …`.
    """

    provider: str
    seconds: Mapping[str, float]
    ending: float
    remains: Callable[[str], list[str]]


@dataclass(frozen=True)
class Kill:
    """One lab that is killed.

    Attributes:
        number: Which of them, from 1.
        command: `up` or `run`.
        victims: `lab`, `keeper` or both, one right after the other.
        signal: What the lab gets; a keeper gets SIGKILL.
        moment: When, as a fraction of the time the command takes.
        next: The next command: `up` of the same lab at once, or `down` of another after the keeper had its time.
    """

    number: int
    command: str
    victims: tuple[str, ...]
    signal: signal.Signals
    moment: float
    next: str

    def __str__(self) -> str:
        return f"{self.number}-{self.command}-{self.signal.name}-{'+'.join(self.victims)}-{self.moment:.3f}-{self.next}"


def settle_seed() -> str:
    """Say which kills these are; whoever starts processes for some of the tests calls it before."""
    os.environ.setdefault(SEED, str(random.randrange(1_000_000)))
    return f"{_NUMBER}={number()} {SEED}={os.environ[SEED]}"


def number() -> int:
    """How many are killed."""
    return int(os.environ.get(_NUMBER, _FEW))


def kills() -> list[Kill]:
    """The kills of this run."""
    chance = random.Random(os.environ[SEED])
    return [_kill(place, chance) for place in range(1, number() + 1)]


def strike(kill: Kill, name: str, ground: Ground, directory: Path) -> None:
    """Start a lab, kill it, and fail unless nothing of it is left when it should be gone.

    Args:
        kill: What is killed, and when.
        name: The lab's name.
        ground: Where.
        directory: For what the lab writes.
    """
    arguments = ["run", "03", "--output", str(directory)] if kill.command == "run" else ["up"]
    with (directory / "said").open("w") as stderr:
        process = subprocess.Popen([*_lab(*arguments, name=name), "--provider", ground.provider], stderr=stderr)
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=kill.moment * ground.seconds[kill.command])
        for victim in kill.victims:
            pids = [process.pid] if victim == "lab" else _await_keepers(process, name, ground)
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, kill.signal if victim == "lab" else signal.SIGKILL)
        process.wait(timeout=_PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait()
    (_go_on if kill.next == "up" else _look)(kill, name, ground)
    remaining = ground.remains(name)
    assert remaining == [], remaining


def _look(kill: Kill, name: str, ground: Ground) -> None:
    """The keeper, where it lives, leaves at most the files of a cluster it never ran; the next command those too."""

    def only_files() -> bool:
        others = [line for line in ground.remains(name) if not line.startswith("file ")]
        if others:
            raise LabError("\n".join(others))
        return True

    if "keeper" not in kill.victims and not _is_kept(name):
        wait.until(only_files, seconds=ground.ending, outcome="be gone", object=f"lab {name}")
    _run("down", name=name if _is_kept(name) else f"{name}-other")


def _go_on(kill: Kill, name: str, ground: Ground) -> None:
    """Whatever state it was killed in, a lab of the same name can be made at once."""
    # One that was to lose its keeper before it had one has come to its end, and runs.
    if choose.maker_of(name).state(name) is not State.RUNNING:
        _run("up", "--provider", ground.provider, name=name)
    _run("down", name=name)


def _run(*arguments: str, name: str) -> None:
    done = subprocess.run(
        _lab(*arguments, name=name), capture_output=True, text=True, check=False, timeout=_PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stderr + done.stdout


def _lab(*arguments: str, name: str) -> list[str]:
    return [str(LAB), *arguments, "--name", name]


def _is_kept(name: str) -> bool:
    lab_record = record.load(name)
    return lab_record is not None and lab_record.kept


def _await_keepers(owner: subprocess.Popen[bytes], name: str, ground: Ground) -> list[int]:
    """The keeper of a lab, which on a busy machine may come after the moment; none where its owner has ended."""

    def is_settled() -> bool:
        return bool(_keepers(ground.remains(name))) or owner.poll() is not None

    wait.until(is_settled, seconds=_PATIENCE_SECONDS, outcome="be started", object="keeper")
    return _keepers(ground.remains(name))


def _keepers(remains: list[str]) -> list[int]:
    return [int(line.split()[1]) for line in remains if line.startswith("process ") and ".keeper " in line]


def _kill(number: int, chance: random.Random) -> Kill:
    command = chance.choices(("up", "run"), (3, 1))[0]
    # A run whose keeper alone is killed would go on for minutes on half a cluster.
    victims = chance.choices((("lab",), ("keeper", "lab"), ("keeper",)), (3, 2, 2 if command == "up" else 0))[0]
    polite = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    number_sent = chance.choice(polite) if victims == ("lab",) and chance.random() < 0.4 else signal.SIGKILL
    return Kill(number, command, victims, number_sent, chance.random(), chance.choice(("up", "down")))
