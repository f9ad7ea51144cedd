"""Support terminals of any encoding: files are UTF-8 regardless, and characters it lacks are replaced."""

from __future__ import annotations

import codecs
import io
import locale
import os
import sys

__all__ = ["adapt"]

_NAME = "lab-stand-ins"
_STAND_INS = {
    "✓": "+",
    "✗": "x",
    "○": "o",
    "●": "*",
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "→": "->",
    "←": "<-",
    "↑": "^",
    "↓": "v",
    "≤": "<=",
    "≥": ">=",
    "×": "x",
    "·": ".",
    "•": "*",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "§": "S.",
}


def adapt() -> None:
    """Use UTF-8 for files, in this process and its children, and never fail on a character the terminal lacks.

    If the locale has another encoding, this process executes itself again in Python's UTF-8 mode, because kernels and
    libraries open files without naming an encoding.
    """
    if codecs.lookup(locale.getpreferredencoding(do_setlocale=False)).name != "utf-8":
        # The terminal keeps the encoding of its locale.
        variables = {"PYTHONUTF8": "1", "PYTHONIOENCODING": os.environ.get("PYTHONIOENCODING") or sys.stdout.encoding}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **variables})  # noqa: S606
    codecs.register_error(_NAME, _stand_in)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_NAME)


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end]
    return "".join(_STAND_INS.get(letter, "?") for letter in missing), error.end
