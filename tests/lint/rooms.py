"""Check that imports go one way: from a room to those below it, and never in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from itertools import pairwise
from pathlib import Path

__all__ = ["ROOMS", "Import", "findings", "imports_of"]

ROOMS: tuple[tuple[str, ...], ...] = (
    ("labs.*",),
    ("lab_helpers",),
    ("lab_helpers.cli",),
    ("lab_helpers.testing", "lab_helpers.run", "lab_helpers.workshop", "lab_helpers.distribution"),
    ("lab_helpers.run.report",),
    ("lab_helpers.run.engine",),
    ("lab_helpers.validation",),
    ("lab_helpers.translation",),
    ("lab_helpers.workbook",),
    ("lab_helpers.workbook.session",),
    ("lab_helpers.workbook.room",),
    ("lab_helpers.workbook.learner",),
    ("lab_helpers.workbook.course",),
    ("lab_helpers.workbook.pictures",),
    ("lab_helpers.workbook.display",),
    ("lab_helpers.configuration", "lab_helpers.drill"),
    ("lab_helpers.policy.output",),
    ("lab_helpers.policy.checklists", "lab_helpers.policy.changes"),
    ("lab_helpers.policy", "lab_helpers.addons"),
    (
        "lab_helpers.cluster.at_hand lab_helpers.cluster.choose lab_helpers.cluster.lifecycle "
        "lab_helpers.cluster.mending lab_helpers.cluster.sweep",
    ),
    (
        "lab_helpers.cluster.embedded",
        "lab_helpers.cluster.existing",
        "lab_helpers.cluster.k3d",
        "lab_helpers.cluster.kind",
    ),
    ("lab_helpers.cluster.containers",),
    ("lab_helpers.cluster",),
    ("lab_helpers.observe", "lab_helpers.images"),
    ("lab_helpers.kube", "lab_helpers.programs"),
    (
        "lab_helpers.archives lab_helpers.cache lab_helpers.certificates lab_helpers.checkout "
        "lab_helpers.container lab_helpers.errors lab_helpers.events lab_helpers.files lab_helpers.language "
        "lab_helpers.locks lab_helpers.paths lab_helpers.proxies lab_helpers.redact lab_helpers.schema "
        "lab_helpers.shell lab_helpers.terminal lab_helpers.versions lab_helpers.wait",
    ),
)
"""From top to bottom. A room is one or several modules or packages with all below them that has no room of its own;
rooms of one storey do not import each other. ``labs.*`` is a room for each package of ``labs``."""


@dataclass(frozen=True)
class Import:
    """That one module imports another.

    Attributes:
        importer: The module that imports.
        imported: The module that is imported.
        line: Where, in the file of ``importer``.
    """

    importer: str
    imported: str
    line: int


def findings(root: Path, rooms: Sequence[Sequence[str]] = ROOMS) -> list[str]:
    """What is wrong below a directory, one line each; each names the two files, and the line of the import.

    Args:
        root: Where the packages lie.
        rooms: As ``ROOMS`` has them.
    """
    files = _files(root, rooms)
    imports = [entry for module in files for entry in imports_of(module, files)]
    upward = [entry for entry in imports if not _is_allowed(entry, rooms)]
    return [f"{_line(entry, files, root)}, which is not below it" for entry in upward] + [
        "in a circle: " + "; ".join(_line(entry, files, root) for entry in circle) for circle in _circles(imports)
    ]


def imports_of(module: str, files: Mapping[str, Path]) -> Iterator[Import]:
    """What a module imports of the others, anywhere in it, for types only as well; each once.

    Args:
        module: Its name.
        files: The files of all modules, by name.
    """
    package = module if files[module].name == "__init__.py" else module.rpartition(".")[0]
    first: dict[str, int] = {}
    for node in ast.walk(ast.parse(files[module].read_text(encoding="utf-8"))):
        for name in _imported_names(node, package):
            # `from package import module` names the module, `from module import thing` the thing.
            imported = name if name in files else name.rpartition(".")[0]
            if imported in files and imported != module:
                first.setdefault(imported, getattr(node, "lineno", 0))
    return (Import(module, imported, line) for imported, line in first.items())


def _imported_names(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        source = resolve_name("." * node.level + (node.module or ""), package)
        return [f"{source}.{alias.name}" for alias in node.names]
    return []


def _files(root: Path, rooms: Sequence[Sequence[str]]) -> dict[str, Path]:
    packages = {room.partition(".")[0] for storey in rooms for room in storey}
    files = (file for package in sorted(packages) for file in sorted((root / package).rglob("*.py")))
    return {".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def _is_allowed(entry: Import, rooms: Sequence[Sequence[str]]) -> bool:
    (storey, room), (storey_below, room_below) = _place(entry.importer, rooms), _place(entry.imported, rooms)
    return storey < storey_below or (storey, room) == (storey_below, room_below)


def _place(module: str, rooms: Sequence[Sequence[str]]) -> tuple[int, str]:
    """The storey and the room of a module: that of the longest name it begins with."""
    places = (
        (len(part), number, _package(module, room) if room.endswith(".*") else room)
        for number, storey in enumerate(rooms)
        for room in storey
        for part in room.removesuffix(".*").split()
        if f"{module}.".startswith(f"{part}.")
    )
    _length, number, room = max(places)
    return number, room


def _package(module: str, room: str) -> str:
    """The package that a module is in, of those that a room like ``labs.*`` stands for."""
    return ".".join(module.split(".")[: room.count(".") + 1])


def _circles(imports: Sequence[Import]) -> Iterator[list[Import]]:
    """The circles of imports, one after the other: each with the imports of those before it left out."""
    remaining = {(entry.importer, entry.imported): entry for entry in imports}
    while True:
        graph: dict[str, list[str]] = {}
        for importer, imported in remaining:
            graph.setdefault(importer, []).append(imported)
        try:
            TopologicalSorter(graph).prepare()
            return
        except CycleError as error:
            # Each is imported by the one after it.
            yield [remaining.pop(pair) for pair in pairwise(reversed(error.args[1]))]


def _line(entry: Import, files: Mapping[str, Path], root: Path) -> str:
    importer, imported = (files[module].relative_to(root) for module in (entry.importer, entry.imported))
    return f"{importer}:{entry.line} imports {imported}"
