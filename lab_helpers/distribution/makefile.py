"""What the Makefile says of set-up, so that bundles and images bring the same: packages, the release of uv, a key."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import shell

__all__ = ["value"]

# Whether this machine has a runc of its own says nothing of the one that they are for.
_RUNC = "RUNC=runc"


def value(checkout: Path, variable: str) -> str:
    """The value of a variable of the Makefile."""
    rule = f"value: ; @echo $({variable})"
    options = ["--silent", "--no-print-directory", f"--directory={checkout}", f"--eval={rule}"]
    return shell.run(["make", *options, "value", _RUNC]).stdout.strip()
