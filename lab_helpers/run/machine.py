"""What machine a run is on, as its report says."""

from __future__ import annotations

import os
import platform

from lab_helpers.language import gettext as _

__all__ = ["describe"]


def describe() -> dict[str, str]:
    """System, kernel and processors, by what they are in the reader's language."""
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:  # a minimal image has no /etc/os-release
        system = platform.system()
    processors = _("{architecture}, {count} cores").format(architecture=platform.machine(), count=os.cpu_count())
    return {_("system"): system, _("kernel"): platform.release(), _("machine"): processors}
