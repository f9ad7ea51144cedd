"""Checks: functions that look at the cluster or the workspace and return what they saw, or say what is missing."""

from __future__ import annotations

import importlib
import math
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers import checkout, language, wait
from lab_helpers.errors import CheckFailed, LabError, WaitTimeout
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.context import CheckContext
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures.picture import Picture

if TYPE_CHECKING:
    from lab_helpers.redact import Redactor

__all__ = ["Check", "CheckBroken", "Evidence", "Unsettled", "check", "load"]

# Often enough for whoever waits; the API server has the learner's rollout to look after.
_SECONDS_BETWEEN_LOOKS = 0.5

Fact = str | int | float | bool | Table | Picture


class Evidence(Mapping[str, Fact]):
    """What a check saw, in the order in which it is told, by names in English: whoever shows it translates them.

    Args:
        facts: What was seen, by its name; an underscore stands for a blank.
    """

    def __init__(self, **facts: Fact) -> None:
        if not facts:
            raise ValueError("a check that saw nothing proves nothing")
        self._facts = {name.replace("_", " "): fact for name, fact in facts.items()}

    def __getitem__(self, name: str) -> Fact:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return f"Evidence({self._facts})"

    def redacted(self, redact: Callable[[str], str]) -> Evidence:
        """The same, with secrets taken out of all that it says."""
        return Evidence(**{name: redact(fact) if isinstance(fact, str) else fact for name, fact in self.items()})


class Unsettled(CheckFailed):
    """Not as expected, but something is still moving: worth another look until the check's deadline."""


class CheckBroken(LabError):
    """A check ended by an error of its own: what it was to prove is neither proven nor missing."""

    def __init__(self, step: str, error: Exception, redactor: Redactor) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        super().__init__(
            _("the check itself failed, and says nothing of what you did: {kind}: {error}").format(
                kind=type(error).__name__, error=redactor.text(str(error))
            ),
            object=step,
            last_event=f"{Path(last.filename).name}:{last.lineno}: {last.line}",
            next_step=_("Run the cell once more; if it says the same, tell whoever keeps this workbook."),
        )


@dataclass(frozen=True)
class Check:
    """The check of one step.

    Attributes:
        step: The step's id.
        statement: What it proves, one sentence in English.
        seconds: How long it looks again while things are still moving.
        look: Looks once.
    """

    step: str
    statement: str
    seconds: float
    look: Callable[[CheckContext], Evidence]

    @property
    def title(self) -> str:
        """What it proves, in the reader's language."""
        return language.gettext(self.statement)

    def watch(self, lab: CheckContext) -> Evidence:
        """Look until the step is proven, it cannot come to that any more, or the deadline passes.

        Raises:
            CheckFailed: The step is not done; carries what was expected, what was seen and a hint.
            NotSupported: The cluster lacks what the step needs.
        """
        verdict: Evidence | LabError | None = None

        def is_settled() -> bool:
            nonlocal verdict
            try:
                # The first has no deadline: work of its own may take all of the time before it asks the cluster, and
                # each request has a limit of its own.
                with wait.act(math.inf) if verdict is None else nullcontext():
                    verdict = self.look(lab)
            except LabError as error:
                if verdict is None or not _is_cut_short(error):
                    verdict = error
            return not _may_change(verdict)

        with suppress(WaitTimeout):  # the last look tells more than that time ran out
            wait.until(
                is_settled,
                seconds=self.seconds,
                outcome="be proven",
                object=self.step,
                every=min(_SECONDS_BETWEEN_LOOKS, self.seconds / 2),
            )
        if isinstance(verdict, CheckFailed):
            verdict.step = verdict.object = self.step
        if isinstance(verdict, Evidence):
            return verdict
        assert verdict is not None
        raise verdict


def _is_cut_short(error: LabError) -> bool:
    """Whether a look ended for want of time, in the middle of a request, so that the one before it tells more."""
    current = wait.current_look()
    return isinstance(error, WaitTimeout) and current is not None and current.deadline.is_over


def check(step: str, *, seconds: float = 10.0) -> Callable[[Callable[[CheckContext], Evidence]], Check]:
    """Decorate a function that looks once as the check of a step; its docstring's first line is what it proves.

    The function returns what it saw, raises ``CheckFailed`` for what waiting will not mend, and ``Unsettled`` for
    what still moves.

    Args:
        step: The step's id.
        seconds: How long to look again while things are still moving.
    """

    def decorate(look: Callable[[CheckContext], Evidence]) -> Check:
        statement = (look.__doc__ or look.__name__).strip().splitlines()[0].rstrip(".")
        return Check(step, statement, seconds, look)

    return decorate


def load(notebook: str) -> dict[str, Check]:
    """The checks of the lab behind a notebook, by step.

    Raises:
        LabError: Two checks are of the same step, or what checks it cannot be imported.
    """
    _find_labs()
    name = f"labs.lab_{notebook}.checks"
    try:
        module = importlib.import_module(name)
    except (
        Exception,
        SystemExit,
    ) as error:  # whatever a lab that is being written does: an exit would pass for success
        reason = _("cannot be imported: {error}").format(error=f"{type(error).__name__}: {error}")
        raise LabError(reason, object=name, next_step=f"python -c 'import {name}'") from error
    by_step: dict[str, Check] = {}
    for check in vars(module).values():
        if isinstance(check, Check):
            if check.step in by_step:
                step = _("step {step}").format(step=check.step)
                file = checkout.labs_directory() / f"lab_{notebook}" / "checks.py"
                raise LabError(_("has two checks"), object=f"{name}: {step}", next_step=f"less {file}")
            by_step[check.step] = check
    return by_step


def _find_labs() -> None:
    """Import labs from the checkout, wherever it is: the package ``labs`` may be known from somewhere else."""
    directory = checkout.labs_directory()
    if str(directory.parent) not in sys.path:
        sys.path.insert(0, str(directory.parent))
    package = importlib.import_module("labs")
    if str(directory) not in package.__path__:
        package.__path__ = [str(directory), *package.__path__]


def _may_change(verdict: Evidence | LabError) -> bool:
    """Whether another attempt may have a different result.

    An error that is no verdict is passing, too: a pod went away while it was asked, the API server restarts. One that
    is final is not: who may not look will not see.
    """
    if isinstance(verdict, CheckFailed):
        return isinstance(verdict, Unsettled)
    return isinstance(verdict, LabError) and not verdict.is_final
