"""Ask a cluster by kubectl, as its user would: by the same kubeconfig, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab_helpers import programs, shell

__all__ = ["ask"]

_REQUESTS = 3  # that one command makes, one after the other


def ask(
    options: Sequence[str | Path],
    *arguments: str,
    seconds: float = 20.0,
    input: str | None = None,  # noqa: A002
) -> shell.Completed:
    """Run kubectl, whatever its exit code.

    Args:
        options: Say which cluster: ``--kubeconfig``, ``--context``; without any, the current context's.
        arguments: The command.
        seconds: How long each of its requests may take.
        input: Its standard input.

    Raises:
        CommandFailed: It did not come to its end.
        LabError: There is no kubectl, nor can it be had.
    """
    kubectl = programs.resolve(lambda _line: None, "kubectl")["kubectl"]
    command = [kubectl, *options, f"--request-timeout={seconds:g}s", *arguments]
    # The user's preferences are for the user's own commands.
    return shell.run(command, input=input, check=False, env={"KUBERC": "off"}, timeout=_REQUESTS * seconds)
