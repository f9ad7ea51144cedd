"""What several verbs take, and how all of them tell progress."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

__all__ = ["Name", "Progress", "ProviderName"]

Name = Annotated[str, typer.Option("--name", help="The lab's name; labs of different names live side by side.")]
ProviderName = Annotated[str, typer.Option("--provider", help="Who makes the cluster: auto, embedded or kind.")]


class Progress:
    """Prints each line of progress with the seconds since the start, to standard error."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._start

    def __call__(self, line: str) -> None:
        """Print a line."""
        print(f"{self.seconds:6.1f} s  {line}", file=sys.stderr, flush=True)
