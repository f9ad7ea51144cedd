"""Show an error of the lab as a card and stop the run; never as a traceback."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any

from lab_helpers.errors import CheckFailed, LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display import cards
from lab_helpers.workbook.display.showing import notebook, show
from lab_helpers.workbook.room import room
from lab_helpers.workbook.session.shell_cells import CellFailed

__all__ = ["show_as_cards"]


def show_as_cards() -> None:
    """Show each LabError that ends a cell as a card from now on; outside a notebook, do nothing.

    The cell still fails, so "run all" stops. Its error output says the same words as the card, for whoever reads
    the saved notebook; for a learner, who has the card before them, it only points there. A learner who stops a
    cell has stopped it, and is shown no way through the lab's code.
    """
    ipython = notebook()
    if ipython is not None:
        shown = (LabError, KeyboardInterrupt) if room.is_learners(os.environ) else (LabError,)
        ipython.set_custom_exc(shown, _show)


def _show(
    ipython: Any,  # noqa: ANN401 - IPython is untyped
    kind: type[BaseException],
    error: LabError | KeyboardInterrupt,
    _trace: TracebackType | None,
    tb_offset: int | None = None,
) -> list[str]:
    if isinstance(error, KeyboardInterrupt):
        show(cards.interrupted())
    elif not isinstance(error, CheckFailed):  # the card of a check was shown by the check
        show(cards.stopped(error, error.hint if isinstance(error, CellFailed) else ""))
    text = _("The card above says what to do next.") if room.is_learners(os.environ) else str(error)
    ipython._showtraceback(kind, error, [text])  # the kernel's own way to fail a cell
    return [text]
