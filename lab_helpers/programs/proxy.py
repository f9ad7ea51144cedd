"""Whether a build would find its modules: in the module cache, or at a proxy that this network reaches."""

from __future__ import annotations

import re
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.programs import modules
from lab_helpers.programs.download import Unreachable, pieces
from lab_helpers.programs.toolchain import Toolchain, environment

__all__ = ["reach"]

_KUBERNETES = "k8s.io/kubernetes/@v/v{version}"


def reach(go: Toolchain) -> None:
    """Return if the largest module was downloaded before, or a module proxy tells of it now.

    Raises:
        LabError: Neither.
    """
    answer = shell.run([go.program, "env", "GOMODCACHE", "GOPROXY"], env=environment(), cwd=Path("/"))
    cache, proxies = answer.stdout.splitlines()
    module = _KUBERNETES.format(version=modules.version("k8s.io/kubernetes"))
    if (Path(cache) / "cache" / "download" / f"{module}.zip").is_file():
        return
    # `direct`, `off` and file:// may stand in this list too; only `off` alone is certain to lead nowhere.
    urls = [part for part in re.split(r"[,|]", proxies) if part.startswith(("http://", "https://"))]
    if not urls and proxies != "off":
        return
    reasons = []
    for url in urls:
        try:
            next(pieces(f"{url.rstrip('/')}/{module}.info"), None)
        except Unreachable as error:
            reasons.append(str(error))
        else:
            return
    raise LabError(
        _("no Go module proxy answers, and the modules were not downloaded before"),
        object=f"GOPROXY={proxies}",
        last_event="; ".join(reasons),
        next_step=f"go env -w GOPROXY=URL   # {_('of a proxy that this network reaches')}",
    )
