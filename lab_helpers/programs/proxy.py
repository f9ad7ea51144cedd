"""Whether a build would find its modules: in the module cache, or at a proxy that this network reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.programs.download import Unreachable, pieces
from lab_helpers.programs.modules import ToolModule
from lab_helpers.programs.toolchain import Toolchain, environment

__all__ = ["reach"]


def reach(go: Toolchain, modules: Iterable[ToolModule]) -> None:
    """Return if the upstream modules were downloaded before, or a module proxy tells of the first that was not.

    Raises:
        LabError: Neither.
    """
    answer = shell.run([go.program, "env", "GOMODCACHE", "GOPROXY"], env=environment(), cwd=Path("/"))
    cache, proxies = answer.stdout.splitlines()
    downloads = Path(cache) / "cache" / "download"
    absent = next((path for path in map(_path, modules) if not (downloads / f"{path}.zip").is_file()), None)
    if absent is not None:
        _ask(proxies, f"{absent}.info")


def _path(module: ToolModule) -> str:
    """Where a proxy, and the cache, have an upstream module; a capital letter is written as ``!`` and the small one."""
    name = re.sub("[A-Z]", lambda letter: f"!{letter[0].lower()}", module.upstream)
    return f"{name}/@v/v{module.version}"


def _ask(proxies: str, path: str) -> None:
    # `direct`, `off` and file:// may stand in this list too; only `off` alone is certain to lead nowhere.
    urls = [part for part in re.split(r"[,|]", proxies) if part.startswith(("http://", "https://"))]
    if not urls and proxies != "off":
        return
    reasons = []
    for url in urls:
        try:
            next(pieces(f"{url.rstrip('/')}/{path}"), None)
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
