"""What several verbs take, and how all of them tell progress."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Context", "Name", "OwnRegistry", "Progress", "ProviderName", "RegistryCa", "RegistryConfig", "StorageClass"]

# In a learner's room LAB_NAME is set: what is typed in its terminals means its lab.
Name = Annotated[
    str,
    typer.Option("--name", envvar="LAB_NAME", help="The lab's name; labs of different names live side by side."),
]
ProviderName = Annotated[
    str, typer.Option("--provider", help="Who makes the cluster: auto, embedded, kind or k3d; or existing: yours.")
]
_OF_EXISTING = "With --provider existing: "
Context = Annotated[
    str, typer.Option("--context", help=f"{_OF_EXISTING}the kubeconfig's context; by default its current one.")
]
OwnRegistry = Annotated[
    str, typer.Option("--registry", metavar="HOST[:PORT]/PREFIX", help=f"{_OF_EXISTING}where the images go.")
]
RegistryCa = Annotated[
    Path | None,
    typer.Option("--registry-ca", help=f"{_OF_EXISTING}who signed the registry's certificate.", dir_okay=False),
]
RegistryConfig = Annotated[
    Path | None,
    typer.Option("--registry-config", help=f"{_OF_EXISTING}a Docker config.json with credentials.", dir_okay=False),
]

StorageClass = Annotated[
    str, typer.Option("--storage-class", help=f"{_OF_EXISTING}the class that claims name; by default local-path.")
]


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
