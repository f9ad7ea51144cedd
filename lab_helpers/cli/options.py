"""What several verbs take, and how all of them tell progress."""

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
    "named",
]

# In a learner's room LAB_NAME is set: what is typed in its terminals means its lab.


def named(value: str | None) -> str | None:
    """The name as it was given, before anything is made of it: it becomes part of paths.

    Raises:
        LabError: No lab may be called so.
    """
    from lab_helpers.cluster.names import check_name

    return value if value is None else check_name(value)


Name = Annotated[
    str,
    typer.Option(
        "--name",
        envvar="LAB_NAME",
        callback=named,
        help=_("The lab's name; labs of different names live side by side."),
    ),
]
RunningName = Annotated[
    str | None,
    typer.Option(
        "--name", envvar="LAB_NAME", callback=named, help=_("The lab's name; by default the one lab that runs.")
    ),
]
ProviderName = Annotated[
    str, typer.Option("--provider", help=_("Who makes the cluster: auto, embedded, kind or k3d; or existing: yours."))
]
Context = Annotated[
    str,
    typer.Option(
        "--context", help=_("With --provider existing: the kubeconfig's context; by default its current one.")
    ),
]
OwnRegistry = Annotated[
    str,
    typer.Option("--registry", metavar="HOST[:PORT]/PREFIX", help=_("With --provider existing: where the images go.")),
]
RegistryCa = Annotated[
    Path | None,
    typer.Option(
        "--registry-ca",
        help=_("With --provider existing: who signed the registry's certificate."),
        dir_okay=False,
        resolve_path=True,  # notebooks run elsewhere
    ),
]
RegistryConfig = Annotated[
    Path | None,
    typer.Option(
        "--registry-config",
        help=_("With --provider existing: a Docker config.json with credentials."),
        dir_okay=False,
        resolve_path=True,
    ),
]
RegistryPullConfig = Annotated[
    Path | None,
    typer.Option(
        "--registry-pull-config",
        help=_("With --provider existing: one with credentials that only pull, for the cluster."),
        dir_okay=False,
        resolve_path=True,
    ),
]
StorageClass = Annotated[
    str,
    typer.Option(
        "--storage-class", help=_("With --provider existing: the class that claims name; by default local-path.")
    ),
]


def _speak(wanted: str | None) -> str | None:
    """Make a language the one of this process and of all that it starts.

    Raises:
        LabError: The lab does not speak it.
    """
    known = language.languages()
    if wanted is not None and wanted not in known:
        raise LabError(
            _("is no language of this lab; it speaks {languages}").format(languages=", ".join(known)),
            object=repr(wanted),
            next_step=f"--language {known[-1]}",
        )
    if wanted is not None:
        os.environ[language.LAB_LANGUAGE] = wanted
    return wanted


Language = Annotated[
    str | None,
    typer.Option("--language", callback=_speak, help=_("en, ko, …; by default the one of your locale, as in LANG.")),
]


class ProgressPrinter:
    """Prints each line of progress with the seconds since the start, to standard error."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._start

    def __call__(self, line: str) -> None:
        """Print a line."""
        print(_("{seconds:6.1f} s  {line}").format(seconds=self.seconds, line=line), file=sys.stderr, flush=True)
