"""How long each phase of a drill takes, and the whole of it from the moment of the loss."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lab_helpers import language
from lab_helpers.cluster.base import Report
from lab_helpers.language import gettext_noop

__all__ = ["LIMIT_SECONDS", "Phase", "Stopwatch"]

LIMIT_SECONDS = 4 * 3600.0
"""In which a lost cluster has to be back (section 1.3 of the architecture)."""


@dataclass(frozen=True)
class Phase:
    """A part of a drill.

    Attributes:
        name: What happened, in English.
        seconds: How long it took.
        is_recovery: Whether it belongs to the time without a cluster.
    """

    name: str
    seconds: float
    is_recovery: bool


@dataclass
class Stopwatch:
    """Takes the time of phases that follow one another.

    Attributes:
        report: Told of each phase as it begins.
        phases: Those that have ended.
        current: The name of the one that runs, in English; empty between two.
    """

    report: Report
    phases: list[Phase] = field(default_factory=list)
    current: str = ""

    @contextmanager
    def phase(self, name: str, *, is_recovery: bool = False) -> Iterator[None]:
        """Take the time of what happens within; one that fails stays the current one.

        Args:
            name: What happens, as a message that is marked for translation.
            is_recovery: Whether there is no cluster meanwhile, or none that serves.
        """
        self.current = name
        self.report(language.gettext(name))
        start = time.monotonic()
        yield
        self.phases.append(Phase(name, time.monotonic() - start, is_recovery))
        self.current = ""

    def count_from(self, loss: float | None) -> None:
        """Count what came before this process: what was tried, and the time in which nobody tried anything.

        Args:
            loss: When the cluster was lost, as seconds since the epoch; no other clock goes on between two processes.
                None where a drill was killed before it.
        """
        if loss is not None:
            seconds = max(0.0, time.time() - loss)
            self.phases.append(Phase(gettext_noop("from the loss to this attempt"), seconds, is_recovery=True))

    @property
    def recovery_seconds(self) -> float:
        """How long there was no cluster that served."""
        return sum(phase.seconds for phase in self.phases if phase.is_recovery)
