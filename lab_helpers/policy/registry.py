"""The rules of the architecture: each a function of its own that cites its section."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from lab_helpers import language
from lab_helpers.policy.finding import Finding, Severity
from lab_helpers.policy.kind import Kind
from lab_helpers.policy.repository import Part

__all__ = ["Rule", "Violation", "all_rules", "rule"]


@dataclass(frozen=True)
class Violation:
    """A place that a rule names.

    Attributes:
        file: The source file, relative to the repository; ``.`` for the repository as a whole.
        line: The line in it, from 1; 0 for the file as a whole.
        message: What is wrong there, in one sentence in the reader's language; never a secret's value.
        object: What is wrong, as its owner names it (``deployment/web``, ``DB_PASSWORD``).
        severity: How much it weighs; by default as the rule has it.
        fix: What to do about it; by default as the rule has it.
    """

    file: str
    line: int
    message: str
    object: str = ""
    severity: Severity | None = None
    fix: str = ""


Judge = Callable[[Part], Iterable[Violation]]


@dataclass(frozen=True)
class Rule:
    """A rule of the architecture.

    Attributes:
        id: Its name, as in ``app-secret``.
        section: The section that it comes from, as in ``1.1``.
        severity: How much a violation weighs, if it does not say so itself.
        kinds: The kinds of repositories that it holds for.
        judge: The function that yields what breaks it.
    """

    id: str
    section: str
    severity: Severity
    kinds: frozenset[Kind]
    judge: Judge
    _title: str
    _why: str
    _fix: str

    @property
    def title(self) -> str:
        """What it demands, in the reader's language."""
        return language.gettext(self._title)

    @property
    def why(self) -> str:
        """Why it hurts to break it, in the reader's language."""
        return language.gettext(self._why)

    @property
    def fix(self) -> str:
        """What to do about it, in the reader's language."""
        return language.gettext(self._fix)

    def findings(self, part: Part) -> Iterator[Finding]:
        """What breaks it in a part of a repository."""
        return map(self.finding, self.judge(part) if part.kind in self.kinds else ())

    def finding(self, violation: Violation) -> Finding:
        """A violation with what the rule says of it."""
        return Finding(
            self.id,
            violation.severity or self.severity,
            violation.file,
            violation.line,
            violation.object,
            violation.message,
            self.section,
            self.why,
            violation.fix or self.fix,
        )


_RULES: dict[str, Rule] = {}


def rule(
    id: str,  # noqa: A002
    *,
    section: str,
    kinds: Iterable[Kind],
    title: str,
    why: str,
    fix: str,
    severity: Severity = Severity.ERROR,
) -> Callable[[Judge], Judge]:
    """Register a function as a rule.

    Args:
        id: Its name, as in ``app-secret``.
        section: The section of the architecture that it comes from.
        kinds: The kinds of repositories that it holds for.
        title: What it demands, marked by ``gettext_noop``.
        why: Why it hurts to break it, likewise.
        fix: What to do about it, likewise.
        severity: How much a violation weighs.
    """

    def register(judge: Judge) -> Judge:
        assert id not in _RULES, id
        _RULES[id] = Rule(id, section, severity, frozenset(kinds), judge, title, why, fix)
        return judge

    return register


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by its id, in the order of the ids: those of all modules in ``lab_helpers.policy.rules``."""
    from lab_helpers.policy import rules

    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    return dict(sorted(_RULES.items()))
