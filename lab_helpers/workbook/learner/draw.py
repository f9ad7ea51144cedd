"""Draw the values that vary from learner to learner: once for each attempt, so that they stay until a reset."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Mapping

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.schema import nearest
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outline import Outline, Scalar
from lab_helpers.workbook.course.variation import combinations

__all__ = ["LAB_VARY", "assignments", "draw"]

LAB_VARY = "LAB_VARY"
"""The environment variable that fixes values, to repeat a run: ``quantity=4``, several with blanks between them."""


def draw(outline: Outline, nonce: str, drawn: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The values of an attempt.

    Args:
        outline: The lab.
        nonce: The attempt's nonce, from which they follow.
        drawn: Those that were drawn for it before; they stay as long as the lab still has them.

    Raises:
        LabError: ``LAB_VARY`` fixes what does not vary, or to values that are not declared.
    """
    known = combinations(outline.vary)
    if not known or drawn in known:
        return dict(drawn) if known else {}
    fixed = _fixed(outline)
    fitting = [values for values in known if all(str(values[name]) == value for name, value in fixed.items())]
    if not fitting:
        declared = "; ".join(map(assignments, known))
        raise LabError(
            _("has no such values for {notebook}; it may have {declared}").format(
                notebook=outline.notebook, declared=declared
            ),
            object=f"{LAB_VARY}={os.environ[LAB_VARY]}",
            next_step=f"export {LAB_VARY}={shlex.quote(assignments(known[0]))}",
        )
    return fitting[int(hashlib.sha256(nonce.encode()).hexdigest(), 16) % len(fitting)]


def assignments(values: Mapping[str, Scalar]) -> str:
    """Values as ``LAB_VARY`` takes them."""
    return shlex.join(f"{name}={value}" for name, value in values.items())


def _fixed(outline: Outline) -> dict[str, str]:
    """What ``LAB_VARY`` says of this lab; what it says of others is left to them."""
    text = os.environ.get(LAB_VARY, "")
    if not text:
        return {}
    try:
        pairs = dict(word.split("=", 1) for word in shlex.split(text))
    except ValueError as error:
        raise _unreadable(outline, text) from error
    if "" in pairs:
        raise _unreadable(outline, text)
    known = {name for notebook in outlines.notebooks() for name in outlines.load(notebook).vary} | set(outline.vary)
    for name in pairs:
        if name not in known:
            reason = _("nothing called {name} varies; there are {known}")
            raise LabError(
                reason.format(name=name, known=", ".join(sorted(known))),
                object=f"{LAB_VARY}={text}",
                next_step=f"export {LAB_VARY}={nearest(name, sorted(known))}=…",
            )
    return {name: value for name, value in pairs.items() if name in outline.vary}


def _unreadable(outline: Outline, text: str) -> LabError:
    example = shlex.quote(assignments(combinations(outline.vary)[0]))
    reason = _("is not written like NAME=VALUE")
    return LabError(reason, object=f"{LAB_VARY}={text}", next_step=f"export {LAB_VARY}={example}")
