"""Threshold rules: which readings raise an alert."""

from __future__ import annotations

import operator
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from prj_04.readings import Reading

__all__ = ["Alert", "Rule", "parse_rules", "raise_alerts"]

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_RULE = re.compile(r"(?P<name>[a-z0-9-]{1,63})\s*:\s*(?P<sensor>[^\s<>;]+)\s*(?P<sign>>=|<=|>|<)\s*(?P<limit>\S+)")
# Of this application's alerts, whatever database they are in: the same alert has the same key for ever.
_KEYS = uuid.UUID("5f0c3f0e-6c0e-5b57-9b9b-3a1d0c7b7a04")


@dataclass(frozen=True)
class Rule:
    """A threshold.

    Attributes:
        name: What its alerts are called.
        sensor: A pattern of sensors, with the wildcards ``*`` and ``?``.
        sign: How a value compares to the limit that breaks the rule: ``>``, ``>=``, ``<`` or ``<=``.
        limit: In the unit of the readings.
    """

    name: str
    sensor: str
    sign: str
    limit: float

    def is_broken_by(self, reading: Reading) -> bool:
        """Whether a reading raises this rule's alert."""
        return fnmatchcase(reading.sensor, self.sensor) and _OPERATORS[self.sign](reading.value, self.limit)


@dataclass(frozen=True)
class Alert:
    """That a reading broke a rule: at most one for each reading and rule, however often the reading arrives."""

    rule: Rule
    reading: Reading

    @property
    def condition(self) -> str:
        """What was broken, as in ``> 90``."""
        return f"{self.rule.sign} {self.rule.limit:g}"

    @property
    def key(self) -> uuid.UUID:
        """Which alert it is; made of what it is about alone, so that every process finds the same."""
        return uuid.uuid5(_KEYS, "\n".join((self.rule.name, self.reading.sensor, self.reading.at.isoformat())))


def raise_alerts(rules: Sequence[Rule], reading: Reading) -> Iterator[Alert]:
    """The alerts that a reading raises, in the order of the rules."""
    return (Alert(rule, reading) for rule in rules if rule.is_broken_by(reading))


def parse_rules(text: str) -> tuple[Rule, ...]:
    """Read rules as ``NAME: SENSOR OPERATOR LIMIT; …``.

    Raises:
        ValueError: Quotes the rule that is wrong.
    """
    rules = [_parse_rule(part.strip()) for part in text.split(";") if part.strip()]
    names = [rule.name for rule in rules]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two rules are called {name!r}")
    if not rules:
        raise ValueError("has no rule")
    return tuple(rules)


def _parse_rule(text: str) -> Rule:
    match = _RULE.fullmatch(text)
    try:
        limit = float(match["limit"]) if match else float("nan")
    except ValueError:
        limit = float("nan")
    if match is None or limit - limit != 0:  # neither infinite nor no number
        raise ValueError(f"{text!r} is no rule such as 'hot: boiler-* > 90'")
    return Rule(match["name"], match["sensor"], match["sign"], limit)
