"""Upstream's own manifests, taken from the module that the add-on's program is built from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from lab_helpers import paths, shell
from lab_helpers.addons.contract import Addon
from lab_helpers.cluster.base import Report
from lab_helpers.files import once
from lab_helpers.language import gettext as _
from lab_helpers.programs import toolchain
from lab_helpers.programs.modules import DIRECTORY, ToolModule

__all__ = ["manifests", "source"]

_SUFFIXES = (".yaml", ".yml")


def manifests(addon: Addon, report: Report) -> Path | None:
    """A directory of the cache with every YAML file of the pinned module; None where the add-on has no upstream.

    Raises:
        LabError: The module cannot be downloaded.
    """
    if not addon.upstream:
        return None
    module = ToolModule(DIRECTORY / addon.upstream)

    def make(part: Path) -> None:
        report(_("taking the manifests of {module} v{version}").format(module=module.upstream, version=module.version))
        directory = source(module)
        for file in directory.rglob("*"):
            if file.suffix in _SUFFIXES and file.is_file():
                copy = part / file.relative_to(directory)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)

    return once(paths.cache_directory() / "manifests" / f"{module.name}-{module.version}", make)


def source(module: ToolModule) -> Path:
    """Where a pinned module lies; downloaded, and compared with go.sum, where it is not there yet.

    Raises:
        LabError: It cannot be downloaded.
    """
    command: list[str | Path] = [toolchain.find().program, "mod", "download", "-json", module.upstream]
    done = shell.run(command, cwd=module.directory, env=toolchain.environment(), next_step="go env GOPROXY")
    return Path(json.loads(done.stdout)["Dir"])
