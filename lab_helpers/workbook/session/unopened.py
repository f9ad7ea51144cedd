"""A kernel of a learner's room before its lab is open: what needs the lab says so, instead of a traceback."""

from __future__ import annotations

import os
from pathlib import Path

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.showing import notebook
from lab_helpers.workbook.session import shell_cells
from lab_helpers.workbook.session.failures import show_as_cards

__all__ = ["await_opening"]

_SESSION = "JPY_SESSION_NAME"
"""The variable in which Jupyter tells a kernel the path of its notebook."""


def await_opening() -> None:
    """Until the lab is open, its shell cells and checks say which cells to run; other notebooks are left alone."""
    ipython = notebook()
    own = Path(os.environ.get(_SESSION, "")).name
    if ipython is None or not own or not (checkout.notebooks_directory() / own).exists():
        return
    show_as_cards()
    shell_cells.register(ipython, _refuse)
    ipython.user_ns["lab"] = _Unopened()


def _not_open() -> LabError:
    return LabError(
        _("is not open in this kernel: it was started, or restarted, since. Your place is kept"),
        object=_("the lab"),
        next_step=_("Run the notebook's first two code cells."),
    )


def _refuse(_script: str) -> None:
    raise _not_open()


class _Unopened:
    """Stands for the lab until it is open."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):  # what completion and display look for
            raise AttributeError(name)
        raise _not_open()

    def __repr__(self) -> str:
        return str(_not_open())
