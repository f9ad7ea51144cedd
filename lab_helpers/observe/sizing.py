"""What to request and to limit, by what was used: as the Vertical Pod Autoscaler's recommender reckons."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab_helpers.kube.quantities import quantity
from lab_helpers.observe.usage import Usage

__all__ = ["Change", "changes", "cpu_text", "memory_text"]

_MARGIN = 1.15
"""What is requested above the use: https://github.com/kubernetes/autoscaler, ``recommendation-margin-fraction``."""
_FACTOR = 2
"""How far off a request may be: less is no reason to change it, for what was measured is a while, not a year."""
_ROOM = 1.5
"""A limit's room above the largest use of memory, where too little of it is left: above it a container is killed."""
_FULL = 0.9
_THROTTLED = 0.1
_LEAST_CORES, _CORES_STEP = 0.01, 0.01
_LEAST_BYTES, _BYTES_STEP = 16 * 1024**2, 8 * 1024**2


@dataclass(frozen=True)
class Change:
    """A change of a manifest that what was measured speaks for.

    Attributes:
        field: As in ``requests.cpu``.
        current: Its value; empty where there is none.
        proposed: The value that it should have.
    """

    field: str
    current: str
    proposed: str

    def __str__(self) -> str:
        return f"{self.field} {self.current or '–'} → {self.proposed}"


def changes(usage: Usage) -> list[Change]:
    """What to change of a container's resources; nothing where they fit, or nothing was measured."""
    return [*_cpu_changes(usage), *_memory_changes(usage)]


def cpu_text(cores: float) -> str:
    """Cores as a quantity, as in ``20m``."""
    return f"{math.ceil(round(cores * 1000, 6))}m"  # 0.35 cores are no more than 350m


def memory_text(size: float) -> str:
    """Bytes as a quantity, as in ``48Mi``."""
    return f"{math.ceil(size / 1024**2)}Mi"


def _cpu_changes(usage: Usage) -> Iterator[Change]:
    if usage.cpu is None:
        return
    target = max(_stepped(usage.cpu * _MARGIN, _CORES_STEP), _LEAST_CORES)
    yield from _request_changes(usage, "cpu", target, cpu_text)
    limit = _number(usage.limits.get("cpu"))
    if limit is not None and (usage.throttled or 0) > _THROTTLED:
        yield Change("limits.cpu", usage.limits["cpu"], cpu_text(limit * _FACTOR))


def _memory_changes(usage: Usage) -> Iterator[Change]:
    if usage.memory is None:
        return
    target = max(_stepped(usage.memory * _MARGIN, _BYTES_STEP), _LEAST_BYTES)
    yield from _request_changes(usage, "memory", target, memory_text)
    limit = _number(usage.limits.get("memory"))
    if limit is None or usage.memory > limit * _FULL:
        room = _stepped(usage.memory * _ROOM, _BYTES_STEP)
        yield Change("limits.memory", usage.limits.get("memory", ""), memory_text(max(room, _LEAST_BYTES)))


def _request_changes(usage: Usage, resource: str, target: float, text: Callable[[float], str]) -> Iterator[Change]:
    current = usage.requests.get(resource, "")
    number = _number(current)
    if number is None or not target / _FACTOR <= number <= target * _FACTOR:
        yield Change(f"requests.{resource}", current, text(target))


def _number(text: str | None) -> float | None:
    number = quantity(text)
    return None if number is None else float(number)


def _stepped(number: float, step: float) -> float:
    return math.ceil(number / step) * step
