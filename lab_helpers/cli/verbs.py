"""Register functions as verbs of `lab`: the help of one is its docstring, in the user's language."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import typer

from lab_helpers import language

__all__ = ["add"]


def add(app: typer.Typer, verb: Callable[..., None], name: str | None = None) -> None:
    """Register a function as a verb.

    Args:
        app: What the verb belongs to: ``lab`` itself, or a verb with verbs of its own.
        verb: The function.
        name: What is typed; by default the function's name.
    """
    app.command(name, help=language.gettext(inspect.getdoc(verb) or ""))(verb)
