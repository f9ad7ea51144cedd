"""`lab env`: the environment of a room's terminals, for a shell outside the room."""

from __future__ import annotations

from lab_helpers.cli.options import Language, ProgressPrinter, RunningName

__all__ = ["env"]


def env(name: RunningName = None, language: Language = None) -> None:
    """Print a lab's environment variables, for `eval "$(lab env)"` in sh, bash or zsh."""
    from lab_helpers.cluster import at_hand
    from lab_helpers.workbook.room import outside

    cluster = at_hand.attached(at_hand.resolve_name(name))
    print("\n".join(outside.lines(cluster, ProgressPrinter())))
