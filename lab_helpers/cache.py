"""Entries of the cache: what names one wherever the cache lies, and which of them a piece of work uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from lab_helpers import paths

__all__ = ["is_noting", "name", "note", "noting"]

_noted: ContextVar[set[Path] | None] = ContextVar("noted", default=None)


def name(path: Path) -> str:
    """What names a path in every cache: it, relative to the cache; one that lies elsewhere has its own name."""
    root = paths.cache_directory()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def note(entry: Path) -> None:
    """Note that an entry is used; what lies outside the cache is no entry."""
    noted = _noted.get()
    if noted is not None and entry.is_relative_to(paths.cache_directory()):
        noted.add(entry)


@contextmanager
def noting() -> Iterator[set[Path]]:
    """Note what this thread uses meanwhile, for another machine that is to have the same.

    That machine may have nothing else: programs that this one has on PATH do not count.
    """
    noted: set[Path] = set()
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def is_noting() -> bool:
    """Whether what is used is to be carried to another machine."""
    return _noted.get() is not None
