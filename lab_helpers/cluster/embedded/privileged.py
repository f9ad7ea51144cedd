"""How a program of the lab's becomes root, and all of the environment that root's programs have."""

from __future__ import annotations

import os
import sys

__all__ = ["ENVIRONMENT", "python"]

# Nothing of the caller's: XDG_RUNTIME_DIR and TMPDIR name directories that a node does not have, a proxy would get
# what is meant for the lab's own addresses, LD_… and GODEBUG change every program, REGISTRY_… the registry.
ENVIRONMENT = ("env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8")
"""A prefix that gives a command the environment of root's programs: keeper, registry, nodes and what runs in them."""


def python(module: str, *arguments: str) -> list[str]:
    """A module of this package as a program of root's."""
    # Isolated (-I): as root, Python must not import from whatever directory or PYTHONPATH the user happens to have.
    argv = [*ENVIRONMENT, sys.executable, "-I", "-m", module, *arguments]
    return argv if os.geteuid() == 0 else ["sudo", "--non-interactive", *argv]
