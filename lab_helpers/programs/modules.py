"""The pins of the programs: a directory with a go.mod for each, or for all that are made of one upstream module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["DIRECTORY", "ToolModule", "binary", "oldest_go", "parts", "tool_modules"]

DIRECTORY = Path(__file__).parent
_DECLARATION = "program.toml"
_TABLES = {"build", "path", "variables"}

_REQUIREMENT = re.compile(r"^\s*(?:require\s+)?(\S+) v(\S+)( // indirect)?$", re.MULTILINE)
_TOOL = re.compile(r"^tool (?:\(\n(.*?)^\)|(\S+)$)", re.MULTILINE | re.DOTALL)
_GO = re.compile(r"^go (\S+)$", re.MULTILINE)
_MAJOR = re.compile(r"v\d+")
_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class ToolModule:
    """A directory with a go.mod, whose ``tool`` lines name the main packages that are built from its pins.

    What go.mod leaves open stands in a ``program.toml`` beside it, where there is something to say. Its tables:

    - ``build``: ``tags`` → the build tags, separated by commas.
    - ``path``: program → the arguments that make it tell its version. One on PATH of the pinned major and minor version
      then serves as well; of a program that is not named, only the pinned build does.
    - ``variables``: variable → the value that the linker gives it, with ``{version}``, ``{major}`` and ``{minor}``.

    Attributes:
        directory: Where they lie.
    """

    directory: Path

    @property
    def name(self) -> str:
        """What the directory is called."""
        return self.directory.name

    @cached_property
    def packages(self) -> Mapping[str, str]:
        """The main packages by the name of their program: the directory's where it has one, else what Go calls it."""
        packages = [line for block, single in _TOOL.findall(self._pins) for line in (block or single).split()]
        return {self.name: packages[0]} if len(packages) == 1 else {binary(package): package for package in packages}

    @cached_property
    def requirements(self) -> Mapping[str, str]:
        """The pinned version of each module, without its ``v``."""
        return {name: version for name, version, _indirect in _REQUIREMENT.findall(self._pins)}

    @cached_property
    def upstream(self) -> str:
        """The module that the directory is for.

        It holds the first package; a main package that lies in the directory itself imports it, so that go.mod requires
        it directly, and nothing else.
        """
        package = next(iter(self.packages.values()), None)
        if package is None:
            raise self._mistake(_("has no tool line"))
        holding = [name for name in self.requirements if f"{package}/".startswith(f"{name}/")]
        direct = [name for name, _version, indirect in _REQUIREMENT.findall(self._pins) if not indirect]
        if not (holding or direct):
            raise self._mistake(_("requires no module that holds {package}").format(package=package))
        return max(holding or direct, key=len)

    @property
    def version(self) -> str:
        """The pinned version of the upstream module, without its ``v``."""
        return self.requirements[self.upstream]

    @cached_property
    def go(self) -> str:
        """The oldest Go toolchain that builds it."""
        line = _GO.search(self._pins)
        if line is None:
            raise self._mistake(_("has no go line"))
        return line[1]

    @property
    def files(self) -> list[Path]:
        """What a build is made from: the pins, and a main package that lies beside them."""
        return sorted(file for pattern in ("go.mod", "go.sum", "*.go") for file in self.directory.glob(pattern))

    @property
    def tags(self) -> str:
        """The build tags, separated by commas."""
        return self._declaration.get("build", {}).get("tags", "")

    @property
    def path(self) -> Mapping[str, str]:
        """The programs that PATH may offer: name to the arguments that make one tell its version."""
        return self._declaration.get("path", {})

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables by which a program knows its version where its source does not hold it."""
        major, minor, *_patch = self.version.split(".")
        variables = self._declaration.get("variables", {})
        return {name: value.format(version=self.version, major=major, minor=minor) for name, value in variables.items()}

    @cached_property
    def _pins(self) -> str:
        return (self.directory / "go.mod").read_text()

    def _mistake(self, reason: str) -> LabError:
        file = self.directory / "go.mod"
        return LabError(reason, object=str(file), next_step=f"git diff {file}")

    @cached_property
    def _declaration(self) -> dict[str, dict[str, str]]:
        file = self.directory / _DECLARATION
        try:
            tables = tomllib.loads(file.read_text()) if file.exists() else {}
        except tomllib.TOMLDecodeError as error:
            raise LabError(_("is not TOML: {error}").format(error=error), object=str(file)) from error
        for key, table in tables.items():
            if key not in _TABLES or not isinstance(table, dict):
                reason = _("no such table; there are: {tables}").format(tables=", ".join(sorted(_TABLES)))
                raise LabError(reason, object=f"{file}: {key}")
            for name, value in table.items():
                if not isinstance(value, str):
                    raise LabError(_("must be a string"), object=f"{file}: {key}.{name}")
        return tables


def binary(package: str) -> str:
    """What ``go build`` calls the program of a main package: its last part, or the one before a major version."""
    *_parents, parent, last = package.split("/")
    return parent if _MAJOR.fullmatch(last) else last


def tool_modules() -> tuple[ToolModule, ...]:
    """All of them, by name."""
    return tuple(ToolModule(file.parent) for file in sorted(DIRECTORY.glob("*/go.mod")))


def oldest_go() -> str:
    """The oldest Go toolchain that builds every program."""
    return max((module.go for module in tool_modules()), key=lambda version: parts(version) or (0, 0, 0))


def parts(text: str) -> tuple[int, int, int] | None:
    """Major, minor and patch of the first version in a text, as in a program's answer; None without one."""
    numbers = _NUMBERS.search(text)
    return None if numbers is None else (int(numbers[1]), int(numbers[2]), int(numbers[3] or 0))
