"""Web pages of a program, built by pnpm from their sources in the pinned module, by the lock file that lies there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab_helpers import paths, shell
from lab_helpers.addons import upstream
from lab_helpers.cluster.base import Report
from lab_helpers.files import content_key, once, workplace
from lab_helpers.images import node_packages
from lab_helpers.language import gettext as _
from lab_helpers.programs.modules import DIRECTORY, ToolModule

__all__ = ["build"]

_SOURCES = Path("web/ui")
_TOOLS = "pages"  # beside go.mod: the package.json and package-lock.json of what builds them


def build(name: str, report: Report) -> Path:
    """A directory of the cache that holds what ``/`` has of the pages: ``usr/share/NAME/web/ui/static``.

    There Prometheus looks for them where it is built without them and runs in ``usr/share/prometheus``; its release
    is built with them by a make file that downloads what no lock file names.

    Args:
        name: The program's directory in ``lab_helpers.programs``.
        report: Told what happens.

    Raises:
        LabError: A package cannot be fetched, or they do not build.
    """
    module = ToolModule(DIRECTORY / name)
    lock = module.directory / _TOOLS / "package-lock.json"
    key = content_key(lock, module.version, Path(__file__))
    target = paths.cache_directory() / "pages" / f"{name}-{module.version}-{key}"

    def make(part: Path) -> None:
        report(_("building the pages of {name} {version}").format(name=name, version=module.version))
        with workplace(part.with_name(f"{part.name}.work")) as work:
            shutil.copytree(upstream.source(module) / _SOURCES, work / "ui", copy_function=shutil.copyfile)
            tools = _install_tools(lock, work)
            environment = {
                "PATH": os.pathsep.join([*map(str, tools), os.environ.get("PATH", os.defpath)]),
                "CI": "true",
            }
            arguments = ["install", "--frozen-lockfile", "--ignore-scripts", f"--store-dir={work / 'store'}"]
            shell.run([tools[-1] / "pnpm", *arguments], cwd=work / "ui", env=environment)
            shell.run(["bash", "build_ui.sh", "--mantine-ui"], cwd=work / "ui", env=environment)
            static = part / "usr" / "share" / name / _SOURCES
            static.mkdir(parents=True)
            (work / "ui" / "static").rename(static / "static")

    return once(target, make)


def _install_tools(lock: Path, work: Path) -> list[Path]:
    """Install what builds them, and return the directories of the programs, pnpm's last."""
    node, npm = node_packages.npm()
    directory = work / "tools"
    directory.mkdir()
    for file in (lock, lock.with_name("package.json")):
        shutil.copy(file, directory)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", f"--cache={node_packages.fetch(lock)}"]
    shell.run([node, npm, "ci", *options], cwd=directory)
    return [Path(node).parent, directory / "node_modules" / ".bin"]
