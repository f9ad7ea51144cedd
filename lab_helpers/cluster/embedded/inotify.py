"""How many inotify instances this account can still make: what watches files takes some, and an account has few."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

__all__ = ["NEEDED", "SETTING", "limit", "spare"]

SETTING = "fs.inotify.max_user_instances"
NEEDED = 20
"""What a cluster of one node takes: six each the kubelet and the API server, five the controller manager, and a few."""


def limit() -> int:
    """How many an account may have.

    Raises:
        OSError: The kernel does not say.
    """
    return int(Path("/proc/sys", *SETTING.split(".")).read_text())


def spare(number: int) -> int:
    """How many of so many can be made now; they are closed at once."""
    create = ctypes.CDLL(None, use_errno=True).inotify_init1
    descriptors: list[int] = []
    while len(descriptors) < number and (descriptor := create(os.O_CLOEXEC)) >= 0:
        descriptors.append(descriptor)
    for descriptor in descriptors:
        os.close(descriptor)
    return len(descriptors)
