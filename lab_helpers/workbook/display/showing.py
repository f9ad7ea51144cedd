"""Display objects in the notebook's output, or print them as text outside a notebook."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["Shown", "notebook", "show", "show_line"]


def notebook() -> Any | None:  # noqa: ANN401 - IPython is untyped
    """The current IPython session; None outside of one."""
    # Code inside IPython has imported it already; other code should not pay for the import.
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()


def show_line(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - the output of the commands a learner runs


def show(value: object) -> None:
    """Display an object: its HTML form in a notebook, its text elsewhere."""
    if notebook() is None:
        print(repr(value))  # noqa: T201 - the text form of what a notebook would show
        return
    from IPython.display import display

    display(value)  # type: ignore[no-untyped-call]


class Shown:
    """A displayed object that can be replaced in place, from any thread and below the cell that displayed it.

    Args:
        value: The object to display first.
    """

    def __init__(self, value: object) -> None:
        self._handle: Any = None
        if notebook() is not None:
            from IPython.display import display

            self._handle = display(value, display_id=True)  # type: ignore[no-untyped-call]

    @property
    def is_seen(self) -> bool:
        """Whether there is a notebook to change it in."""
        return self._handle is not None

    def change(self, value: object) -> None:
        """Replace the displayed object."""
        if self._handle is not None:
            self._handle.update(value)
