"""Parts of a cluster, or of a run on it, killed at random moments of `lab run 05`: which, when, and what must hold.

    LAB_LOSSES=5 .venv/bin/pytest -k part_killed -v

`LAB_LOSSES` says how often each part is killed (by default one that can be mended and one that cannot, once, chosen by
chance), `LAB_KILLS_SEED` which moments these are; pytest prints both at its start.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import wait
from tests.commands import LAB
from tests.kills import SEED

_NUMBER = "LAB_LOSSES"
MENDED = ("registry", "kube-apiserver", "etcd", "kubelet", "containerd")
LOST = ("keeper", "node", "kernel")

_RUN_SECONDS = 150.0  # what moments are spread over: a run on an idle machine takes this long
# In which a run ends that has lost what cannot be mended: far below steps' timeouts, far above what it takes (5 s,
# 12 s beside two other clusters), for this proves that nothing waits for what cannot come, not how fast the end is.
_ENDING_SECONDS = 30.0
_PATIENCE_SECONDS = 300.0
# What Kubernetes itself does when a part is started anew, which a run has to tell as it saw it: a kubelet counts a
# container as Ready until it has begun to probe it (`ready = !exists`, pkg/kubelet/prober/prober_manager.go in v1.37),
# so that the release of 5.4 that never gets Ready answers for a moment.
_OF_KUBERNETES = {"kubelet": "seen: answers by v1.2.0"}
_NAMED = {
    "keeper": "its keeper was killed",
    "node": "was killed (SIGKILL)",
    "kernel": "the kernel died",
}


@dataclass(frozen=True)
class Loss:
    """One part that is killed.

    Attributes:
        part: Which.
        number: Which time, from 1.
        moment: Seconds after the run began; where the part is not there yet, as soon as it is.
    """

    part: str
    number: int
    moment: float

    def __str__(self) -> str:
        return f"{self.part}-{self.number}-{self.moment:.1f}"


def number() -> str:
    """Say how often each part is killed."""
    return f"{_NUMBER}={os.environ.get(_NUMBER, 0)}"


def losses() -> list[Loss]:
    """What is killed in this run of the tests."""
    chance = random.Random(os.environ[SEED])
    times = int(os.environ.get(_NUMBER, 0))
    chosen = [*MENDED, *LOST] if times else [chance.choice(MENDED), chance.choice(LOST)]
    return [Loss(part, i, chance.random() * _RUN_SECONDS) for part in chosen for i in range(1, (times or 1) + 1)]


@dataclass(frozen=True)
class Outcome:
    """What came of a run that lost a part.

    Attributes:
        killed: Whether the part was there to be killed before the run ended.
        status: The run's exit status.
        seconds: From the kill to the run's end.
        said: What it printed.
        output: The directory of its report.
    """

    killed: bool
    status: int
    seconds: float
    said: str
    output: Path


def strike(loss: Loss, name: str, processes: Callable[[str, str, int], list[int]], output: Path) -> Outcome:
    """Start a run, kill the part, and wait for the run's end.

    Args:
        loss: What is killed, and when.
        name: The lab's name.
        processes: The processes of a part, given the lab, the part and the run's own process.
        output: For the report.
    """
    with (output / "said").open("w") as log:
        command = [str(LAB), "run", "05", "--name", name, "--provider", "embedded", "--output", str(output)]
        run = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with suppress(subprocess.TimeoutExpired):
            run.wait(timeout=loss.moment)

        def is_there() -> bool:
            # That a kernel has died is told when the notebook begins.
            has_begun = loss.part != "kernel" or " 05_first_deploy\n" in (output / "said").read_text()
            return run.poll() is not None or (has_begun and bool(processes(name, loss.part, run.pid)))

        wait.until(is_there, seconds=_PATIENCE_SECONDS, outcome="be started", object=loss.part)
        killed = False
        for pid in processes(name, loss.part, run.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed = True
        began = time.monotonic()
        status = run.wait(timeout=_PATIENCE_SECONDS)
        return Outcome(killed, status, time.monotonic() - began, (output / "said").read_text(), output)
    finally:
        run.kill()
        run.wait()


def judge(loss: Loss, outcome: Outcome) -> None:
    """Fail unless the run said the truth about what became of it, and in time."""
    log, steps, ended = outcome.said, *_verdicts(outcome.output)
    assert "Traceback" not in log, log
    assert "AssertionError" not in log, log
    assert (outcome.output / "report.html").exists(), log
    if "failed" in steps.values():
        assert _OF_KUBERNETES.get(loss.part, "no step failed") in log, (steps, log)
        assert outcome.status == 1, log
        return
    if set(steps.values()) == {"passed"}:
        assert outcome.status == 0, log
        return  # mended, or all had been proven before
    assert outcome.killed, log
    assert loss.part in LOST, (steps, log)
    assert outcome.status == 1, log
    assert outcome.seconds < _ENDING_SECONDS, log
    assert _NAMED[loss.part] in log, log
    assert ended, "why the steps were not reached"


def _verdicts(output: Path) -> tuple[dict[str, str], str]:
    """The verdict of each step, and what ended the notebook before its end."""
    steps, ended = {}, ""
    for case in ET.parse(output / "junit.xml").iter("testcase"):
        failure, skipped = case.find("failure"), case.find("skipped")
        if case.get("name") == "notebook ran to its end":
            ended = str(failure.get("message")) if failure is not None else ""
        else:
            verdict = "failed" if failure is not None else "not reached" if skipped is not None else "passed"
            steps[str(case.get("name"))] = verdict
    assert steps
    return steps, ended
