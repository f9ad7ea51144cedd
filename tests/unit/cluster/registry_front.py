"""A stand-in for the front of the lab's registry, in a cache of its own: it becomes the registry that it is to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.images import registry
from lab_helpers.programs import build, store
from lab_helpers.programs.programs import select

_SCRIPT = """#!/bin/sh
while :; do
  case "$1" in -directory=*) cd "${1#*=}" || exit 1 ;; -*) ;; *) exec "$@" ;; esac
  shift
done
"""


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put it where the lab finds what it has built before."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (front,) = select([registry.FRONT])
    program = store.root() / build.key(front.module) / front.name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(_SCRIPT)
    program.chmod(0o755)
