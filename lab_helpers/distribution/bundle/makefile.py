"""What the Makefile says of set-up, so that a bundle brings the same: packages, the release of uv, a key."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import shell

__all__ = ["value"]

# Whether this machine has a runc of its own says nothing of the one that the bundle is for.
_RUNC = "RUNC=runc"


def value(checkout: Path, variable: str) -> str:
    """The value of a variable of the Makefile."""
    rule = f"value: ; @echo $({variable})"
    options = ["--silent", "--no-print-directory", f"--directory={checkout}", f"--eval={rule}"]
    return shell.run(["make", *options, "value", _RUNC]).stdout.strip()
