"""A notebook and the lab behind it, as their author has left them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Outline, Step

__all__ = ["Cell", "Draft", "Rule", "load"]

_CHECKS = re.compile(r'^lab\.check\("([^"]+)"\)', re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook.

    Attributes:
        id: What it is called; empty where it has no name.
        kind: ``code`` or ``markdown``.
        source: Its text.
        tags: Those of its metadata.
        is_run: Whether it keeps what a run has left in it.
    """

    id: str
    kind: str
    source: str
    tags: tuple[str, ...]
    is_run: bool


@dataclass(frozen=True)
class Draft:
    """A notebook and the lab behind it.

    Attributes:
        outline: What its ``lab.toml`` says.
        file: The notebook.
        kernel: The kernel it names; empty where it names none.
        cells: Its cells.
    """

    outline: Outline
    file: Path
    kernel: str
    cells: Sequence[Cell]

    @property
    def code(self) -> list[Cell]:
        """Its code cells."""
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def prose(self) -> list[Cell]:
        """Its cells of prose."""
        return [cell for cell in self.cells if cell.kind == "markdown"]

    def checks(self, step: Step) -> list[int]:
        """Where a step is checked, as positions among the code cells."""
        return [number for number, cell in enumerate(self.code) if step.id in _CHECKS.findall(cell.source)]

    def before_check(self, step: Step) -> list[Cell]:
        """The code cells between the check of a step and the one before it."""
        end = next(iter(self.checks(step)), 0)
        starts = [number for number, cell in enumerate(self.code[:end]) if _CHECKS.search(cell.source)]
        return self.code[starts[-1] + 1 if starts else 0 : end]

    def fault(self, where: str, reason: str, next_step: str = "") -> LabError:
        """What is wrong with a part of it.

        Args:
            where: Which part: a cell, a step, a file of the lab.
            reason: What is wrong.
            next_step: What to do; by default to open the notebook.
        """
        name = f"{self.outline.notebook}: {where}"
        return LabError(reason, object=name, next_step=next_step or f"jupyter lab {self.file}")


@dataclass(frozen=True)
class Rule:
    """What must hold of every notebook, and can be seen without a cluster.

    Attributes:
        statement: What holds, in English.
        find: Finds what does not.
    """

    statement: str
    find: Callable[[Draft], Iterator[LabError]]


def load(notebook: str) -> Draft:
    """Read a notebook and its lab.

    Raises:
        LabError: There is no lab of that name, or something cannot be read.
    """
    outline = outlines.load(notebook)
    file = checkout.notebooks_directory() / f"{notebook}.ipynb"
    try:
        nb = json.loads(file.read_text(encoding="utf-8"))
        cells = list(map(_cell, nb["cells"]))
        kernel = nb["metadata"].get("kernelspec", {}).get("name", "")
    except OSError as error:
        reason = _("a lab stands there, but no notebook: {reason}").format(reason=error.strerror)
        raise LabError(reason, object=str(file), next_step=f"ls {file.parent}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabError(_("is no notebook"), object=str(file), next_step=f"jupyter lab {file}") from error
    return Draft(outline, file, kernel, cells)


def _cell(content: Mapping[str, Any]) -> Cell:
    return Cell(
        id=content.get("id", ""),
        kind=content["cell_type"],
        source="".join(content["source"]),
        tags=tuple(content["metadata"].get("tags", ())),
        is_run=bool(content.get("outputs") or content.get("execution_count")),
    )
