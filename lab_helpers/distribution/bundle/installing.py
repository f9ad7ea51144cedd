"""Install a bundle by the script that lies in it, as a machine does that has nothing yet."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["install"]

_SCRIPT = "install.sh"


def install(path: Path, directory: Path, report: Callable[[str], None]) -> int:
    """Install a bundle, and return the exit status of its script.

    Args:
        path: The bundle.
        directory: Where the checkout goes.
        report: Told each line that the script prints.

    Raises:
        LabError: It is no bundle.
    """
    script = _script(path)
    return shell.stream(["sh", "-c", script, _SCRIPT, path, directory], report, check=False).returncode


def _script(path: Path) -> str:
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            first = tar.next()
            content = tar.extractfile(first) if first is not None and first.name == _SCRIPT else None
            if content is not None:
                return content.read().decode()
    except tarfile.ReadError:
        pass
    raise LabError(_("is no bundle"), object=str(path), next_step="lab bundle create")
