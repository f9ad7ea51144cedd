"""Show things where the reader is: in the notebook's output, or as text where there is no notebook."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["Shown", "notebook", "show", "show_line"]


def notebook() -> Any | None:  # noqa: ANN401 - IPython is untyped
    """The IPython session this code runs in, or None where it runs without one."""
    # Whoever runs inside IPython has imported it; whoever does not should not pay for it.
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()


def show_line(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - the output of the commands a learner runs


def show(thing: object) -> None:
    """Show an object: its picture in a notebook, its text elsewhere."""
    if notebook() is None:
        print(repr(thing))  # noqa: T201 - the text form of what a notebook would show
        return
    from IPython.display import display

    display(thing)  # type: ignore[no-untyped-call]


class Shown:
    """Something shown that changes in place, from any thread and below whichever cell it was first shown.

    Args:
        thing: What to show first.
    """

    def __init__(self, thing: object) -> None:
        self._handle: Any = None
        if notebook() is not None:
            from IPython.display import display

            self._handle = display(thing, display_id=True)  # type: ignore[no-untyped-call]

    @property
    def is_seen(self) -> bool:
        """Whether there is a notebook to change it in."""
        return self._handle is not None

    def change(self, thing: object) -> None:
        """Show this instead."""
        if self._handle is not None:
            self._handle.update(thing)
