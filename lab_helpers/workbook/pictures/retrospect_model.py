"""What became of the steps of all notebooks: how each was proven, and the rules of the architecture that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Certificate", "Outcome", "ProvenStep", "Retrospect", "Rule"]


class Outcome(StrEnum):
    """How a step came to be proven, or why it is not."""

    OWN = "own"
    """By the learner's own answer."""
    PAGE = "page"
    """By the commands on the page, of a step that shows them."""
    HELPED = "helped"
    """After its solution was shown, or by a run without a reader."""
    SKIPPED = "skipped"
    MISSING = "missing"

    @property
    def is_proven(self) -> bool:
        """Whether its check has passed."""
        return self in (Outcome.OWN, Outcome.PAGE, Outcome.HELPED)


@dataclass(frozen=True)
class Rule:
    """A section of the architecture.

    Attributes:
        section: As in ``1.3``.
        title: In the reader's language.
    """

    section: str
    title: str


@dataclass(frozen=True)
class ProvenStep:
    """A step, proven or not.

    Attributes:
        id: As in ``7.6``.
        title: In the reader's language.
        notebook: The number of its notebook, as in ``07``.
        sections: Those that it shows.
        outcome: What became of it.
        hints: How many hints were taken.
    """

    id: str
    title: str
    notebook: str
    sections: tuple[str, ...]
    outcome: Outcome
    hints: int = 0


@dataclass(frozen=True)
class Retrospect:
    """All rules, and all steps.

    Attributes:
        rules: In the order of the architecture.
        steps: In the order of the notebooks.
    """

    rules: Sequence[Rule]
    steps: Sequence[ProvenStep]

    @property
    def notebooks(self) -> list[str]:
        """Their numbers."""
        return list(dict.fromkeys(step.notebook for step in self.steps))

    def of(self, rule: Rule, notebook: str | None = None) -> list[ProvenStep]:
        """The steps that show a rule, in one notebook or in all."""
        return [
            step
            for step in self.steps
            if rule.section in step.sections and (notebook or step.notebook) == step.notebook
        ]

    def count(self, outcome: Outcome, notebook: str | None = None) -> int:
        """How many steps came to that, in one notebook or in all."""
        return sum(step.outcome is outcome and (notebook or step.notebook) == step.notebook for step in self.steps)

    @property
    def shown(self) -> list[Rule]:
        """The rules that at least one proven step shows."""
        return [rule for rule in self.rules if any(step.outcome.is_proven for step in self.of(rule))]


@dataclass(frozen=True)
class Certificate:
    """Who has proven it, when and where.

    Attributes:
        retrospect: What was proven.
        holder: The learner; empty for a run without a reader.
        date: As in ``2026-11-29``.
        cluster: What it was proven on, with versions.
        titles: The title of each notebook, by its number.
    """

    retrospect: Retrospect
    holder: str
    date: str
    cluster: str
    titles: dict[str, str]
