"""Rules about the cells of a notebook."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from lab_helpers import language
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.validation.draft import Cell, Draft, Rule
from lab_helpers.workbook.learner import prose

__all__ = ["RULES"]

_PARAMETERS = {"provider", "name", "solve"}
_LONGEST = 10
_ASSERTION = re.compile(r"^\s*assert\b", re.MULTILINE)
_RECAP = "## What is true now"
_ANSWER = "<details><summary>Answer</summary>"


def _kernel_and_names(draft: Draft) -> Iterator[LabError]:
    if draft.kernel != "python3":
        yield draft.fault("kernelspec", _("the kernel has to be python3"))
    names = [cell.id for cell in draft.cells]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield draft.fault(name or _("a cell"), _("two cells have the same id, or none"))
    for name in names:
        if re.fullmatch(r"[0-9a-f]{8}", name):
            yield draft.fault(name, _("the id was made by a tool, which makes another next time: give it a name"))


def _no_output(draft: Draft) -> Iterator[LabError]:
    for cell in draft.cells:
        if cell.is_run:
            command = f"jupyter nbconvert --clear-output --inplace {draft.file}"
            yield draft.fault(cell.id, _("keeps what a run has left in it"), command)


def _parameters(draft: Draft) -> Iterator[LabError]:
    cells = [cell for cell in draft.code if "parameters" in cell.tags]
    if len(cells) != 1:
        yield draft.fault("parameters", _("one code cell is to have the tag parameters"))
        return
    try:
        body = ast.parse(cells[0].source).body
    except SyntaxError as error:
        yield draft.fault("parameters", _("cannot be read: {error}").format(error=error))
        return
    typed = {ast.unparse(statement.target) for statement in body if isinstance(statement, ast.AnnAssign)}
    if typed != _PARAMETERS or len(body) != len(typed):
        names = ", ".join(sorted(_PARAMETERS))
        yield draft.fault(
            "parameters", _("it is to give {names} a type and a value, and nothing else").format(names=names)
        )
    for line in cells[0].source.splitlines():
        if "  # " not in line:
            yield draft.fault("parameters", _("a comment is to say what this is for: {line}").format(line=line))


def _prose_first(draft: Draft) -> Iterator[LabError]:
    if not draft.cells or draft.cells[0].kind != "markdown":
        yield draft.fault(_("first cell"), _("a notebook begins with prose"))


def _short(draft: Draft) -> Iterator[LabError]:
    for cell in draft.code:
        lines = len(cell.source.splitlines())
        if lines > _LONGEST:
            reason = _("has {lines} lines; more than {longest} are not read").format(lines=lines, longest=_LONGEST)
            yield draft.fault(cell.id, reason)


def _begins_and_ends(draft: Draft) -> Iterator[LabError]:
    cells = draft.prose or [Cell("", "markdown", "", (), False)]
    minutes = f"About {draft.outline.minutes:g} minutes"
    if minutes not in cells[0].source:
        yield draft.fault(
            cells[0].id, _("it is to say how long it takes, as lab.toml has it: {text}").format(text=minutes)
        )
    if not cells[-2:][0].source.startswith(_RECAP):
        yield draft.fault(cells[-2:][0].id, _("the last but one begins with {heading}").format(heading=_RECAP))
    if cells[-1].source.count(_ANSWER) != 2:
        yield draft.fault(
            cells[-1].id, _("the last asks two questions, with answers in {answer}").format(answer=_ANSWER)
        )


def _no_assertions(draft: Draft) -> Iterator[LabError]:
    for cell in draft.code:
        if _ASSERTION.search(cell.source):
            yield draft.fault(cell.id, _("an assertion belongs into the lab's checks.py"))


def _same_code(draft: Draft) -> Iterator[LabError]:
    for spoken in language.languages():
        nb = json.loads(draft.file.read_text(encoding="utf-8"))
        code = [cell for cell in nb["cells"] if cell["cell_type"] != "markdown"]
        before = json.dumps(code)
        prose.translate(nb, draft.outline.notebook, spoken)
        if json.dumps(code) != before:
            yield draft.fault(spoken, _("a translation changes code"))


RULES = (
    Rule(gettext_noop("its kernel is python3, and every cell has a name"), _kernel_and_names),
    Rule(gettext_noop("no output is kept in it"), _no_output),
    Rule(gettext_noop("its parameters are typed and explained"), _parameters),
    Rule(gettext_noop("it begins with prose"), _prose_first),
    Rule(gettext_noop("its code cells are short"), _short),
    Rule(gettext_noop("it says how long it takes, and ends with what is true now and two questions"), _begins_and_ends),
    Rule(gettext_noop("assertions are in the lab, not in the notebook"), _no_assertions),
    Rule(gettext_noop("its code is the same in every language"), _same_code),
)
