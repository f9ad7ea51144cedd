"""Any encoding of a terminal: files are UTF-8 all the same, and what it has no letter for is shown by a stand-in."""

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
    """Read and write files in UTF-8, here and in all that is started from here; never fail on a letter that is shown.

    Where the locale has another encoding this process begins once more, in Python's UTF-8 mode: kernels and libraries
    open files too, and cannot be told.
    """
    if codecs.lookup(locale.getpreferredencoding(do_setlocale=False)).name != "utf-8":
        # The terminal is not a file: it shows what its locale says.
        begun = {"PYTHONUTF8": "1", "PYTHONIOENCODING": os.environ.get("PYTHONIOENCODING") or sys.stdout.encoding}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **begun})  # noqa: S606
    codecs.register_error(_NAME, _stand_in)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_NAME)


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end]
    return "".join(_STAND_INS.get(letter, "?") for letter in missing), error.end
