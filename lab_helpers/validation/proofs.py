"""All that is proven of a notebook: by rules that need no cluster, and by attempts on one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO

from lab_helpers import language
from lab_helpers.errors import LabError
from lab_helpers.validation import cells, links, steps, translations
from lab_helpers.validation.attempts import Attempt, Bench, attempts
from lab_helpers.validation.draft import Draft, Rule

__all__ = ["RULES", "Proof", "by_attempts", "by_rules", "faults"]

RULES: tuple[Rule, ...] = (*cells.RULES, *steps.RULES, *links.RULES, *translations.RULES)


@dataclass(frozen=True)
class Proof:
    """What became of one proof.

    Attributes:
        notebook: The stem of the notebook.
        statement: What was to be proven, in the reader's language.
        faults: Why it does not hold, and what to do; none where it does.
    """

    notebook: str
    statement: str
    faults: tuple[LabError, ...]


def by_rules(draft: Draft) -> Iterator[Proof]:
    """Prove what can be seen without a cluster."""
    for rule in RULES:
        yield Proof(draft.outline.notebook, language.gettext(rule.statement), tuple(faults(rule, draft)))


def by_attempts(draft: Draft, bench: Bench, on_output: Callable[[str], None]) -> Iterator[Proof]:
    """Prove every check on a cluster.

    Args:
        draft: The notebook and its lab.
        bench: Where attempts are made.
        on_output: Told what an attempt printed that proved nothing.
    """
    for attempt in attempts(draft):
        yield Proof(draft.outline.notebook, attempt.statement, tuple(_attempted(attempt, bench, on_output)))


def faults(rule: Rule, draft: Draft) -> Iterator[LabError]:
    """What a rule finds; where it cannot look, that is a fault, too."""
    try:
        yield from rule.find(draft)
    except LabError as error:
        yield error


def _attempted(attempt: Attempt, bench: Bench, on_output: Callable[[str], None]) -> Iterator[LabError]:
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            bench.make(attempt)
    except LabError as error:
        on_output(printed.getvalue())
        yield error
