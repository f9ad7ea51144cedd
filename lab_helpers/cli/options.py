"""The options shared by several verbs, and the progress lines of all."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from lab_helpers import language
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = [
    "Context",
    "Language",
    "Name",
    "OwnRegistry",
    "ProgressPrinter",
    "ProviderName",
    "RegistryCa",
    "RegistryConfig",
    "RegistryPullConfig",
    "RunningName",
    "StorageClass",
    "valid_name",
]

# In a learner's room LAB_NAME is set, so that commands typed in its terminals apply to its lab.


def valid_name(value: str | None) -> str | None:
    """Validate a lab's name, which becomes part of paths.

    Raises:
        LabError: The name is invalid.
    """
    from lab_helpers.cluster.names import check_name

    return value if value is None else check_name(value)


Name = Annotated[
    str,
    typer.Option(
        "--name",
        envvar="LAB_NAME",
        callback=valid_name,
        help=_("Name of the lab; several labs can exist side by side."),
    ),
]
RunningName = Annotated[
    str | None,
    typer.Option(
        "--name", envvar="LAB_NAME", callback=valid_name, help=_("Name of the lab; by default the only one running.")
    ),
]
ProviderName = Annotated[
    str, typer.Option("--provider", help=_("Cluster provider: auto, embedded, kind, k3d, or existing for your own."))
]
Context = Annotated[
    str,
    typer.Option("--context", help=_("With --provider existing: kubeconfig context; by default the current one.")),
]
OwnRegistry = Annotated[
    str,
    typer.Option(
        "--registry", metavar="HOST[:PORT]/PREFIX", help=_("With --provider existing: registry to push the images to.")
    ),
]
RegistryCa = Annotated[
    Path | None,
    typer.Option(
        "--registry-ca",
        help=_("With --provider existing: CA certificate of the registry."),
        dir_okay=False,
        resolve_path=True,  # notebooks run elsewhere
    ),
]
RegistryConfig = Annotated[
    Path | None,
    typer.Option(
        "--registry-config",
        help=_("With --provider existing: Docker config.json with the registry's credentials."),
        dir_okay=False,
        resolve_path=True,
    ),
]
RegistryPullConfig = Annotated[
    Path | None,
    typer.Option(
        "--registry-pull-config",
        help=_("With --provider existing: Docker config.json with pull-only credentials, for the cluster."),
        dir_okay=False,
        resolve_path=True,
    ),
]
StorageClass = Annotated[
    str,
    typer.Option(
        "--storage-class", help=_("With --provider existing: StorageClass of the claims; by default local-path.")
    ),
]


def _set_language(requested: str | None) -> str | None:
    """Set the language of this process and its children.

    Raises:
        LabError: The language is not supported.
    """
    known = language.languages()
    if requested is not None and requested not in known:
        raise LabError(
            _("is no language of this lab; it speaks {languages}").format(languages=", ".join(known)),
            object=repr(requested),
            next_step=f"--language {known[-1]}",
        )
    if requested is not None:
        os.environ[language.LAB_LANGUAGE] = requested
    return requested


Language = Annotated[
    str | None,
    typer.Option(
        "--language", callback=_set_language, help=_("Language: en, ko, …; by default that of your locale (LANG).")
    ),
]


class ProgressPrinter:
    """Prints each progress line, with the seconds since the start, to standard error."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def __call__(self, line: str) -> None:
        """Print a line."""
        print(_("{seconds:6.1f} s  {line}").format(seconds=self.seconds, line=line), file=sys.stderr, flush=True)
