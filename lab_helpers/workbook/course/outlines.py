"""The outlines of the labs: which there are, and each as its ``lab.toml`` declares it, in the reader's language."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import checkout, schema
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.consistency import expect_consistent
from lab_helpers.workbook.course.outline import Outline, Prediction, Step, Watched, file_number, phase_number

__all__ = [
    "Outline",
    "Prediction",
    "Step",
    "Watched",
    "by_number",
    "expect_notebook",
    "load",
    "load_phase",
    "notebooks",
    "problems",
    "spellings",
]


def notebooks() -> list[str]:
    """The stems of the notebooks that have a lab, by their number."""
    written = {path.stem for path in _numbered()}
    return sorted(written & {path.parent.name.removeprefix("lab_") for path in _declarations()}, key=by_number)


def problems() -> list[LabError]:
    """What is wrong with the workbook itself: a notebook without a lab, a lab without a notebook, a wrong lab.toml."""
    errors = [
        _no_notebook(path) for path in _declarations() if path.parent.name.removeprefix("lab_") not in notebooks()
    ]
    for path in sorted(_numbered(), key=lambda path: by_number(path.stem)):
        try:
            load(path.stem)
        except LabError as error:
            errors.append(error)
    return errors


def expect_notebook(number: str) -> None:
    """Make sure that no lab of that number waits for its notebook.

    Raises:
        LabError: One does.
    """
    for path in _declarations():
        notebook = path.parent.name.removeprefix("lab_")
        if number in spellings(notebook) and notebook not in notebooks():
            raise _no_notebook(path)


def _no_notebook(declaration: Path) -> LabError:
    notebook = checkout.notebooks_directory() / f"{declaration.parent.name.removeprefix('lab_')}.ipynb"
    return LabError(_("has no notebook"), object=f"labs/{declaration.parent.name}", next_step=f"ls {notebook}")


def _declarations() -> list[Path]:
    return sorted(checkout.labs_directory().glob("lab_*/lab.toml"))


def _numbered() -> list[Path]:
    return list(checkout.notebooks_directory().glob("[0-9]*_*.ipynb"))


def spellings(notebook: str) -> tuple[str, str, str]:
    """How a notebook may be called: by its stem, its number as that has it, as in ``05``, or without the zeros."""
    return notebook, file_number(notebook), phase_number(notebook)


def by_number(notebook: str) -> tuple[int, str]:
    """What notebooks are sorted by."""
    return int(file_number(notebook)), notebook


def load(notebook: str, directory: Path | None = None) -> Outline:
    """Read the outline of the lab behind a notebook, in the reader's language.

    Args:
        notebook: The stem of the notebook.
        directory: Where the lab lies; by default among the project's labs.

    Raises:
        LabError: No lab of that name is there, or its ``lab.toml`` is not as it should be.
    """
    directory = directory or checkout.labs_directory() / f"lab_{notebook}"
    file = directory / "lab.toml"
    if not file.exists():
        known = ", ".join(notebooks())
        raise LabError(
            _("no lab stands behind this notebook; there are {known}").format(known=known),
            object=notebook,
            next_step=f"ls {file}",
        )
    outline = schema.read(Outline, file, notebook=notebook, directory=directory)
    expect_consistent(outline, schema.Location(file))
    return outline


def load_phase(phase: str) -> Outline:
    """Read the outline of a phase's lab.

    Args:
        phase: Its number or the stem of its notebook: ``5``, ``05`` or ``05_first_deploy``.

    Raises:
        LabError: No lab of that phase is there.
    """
    known = notebooks()
    for notebook in known:
        if phase in spellings(notebook):
            return load(notebook)
    reason = _("is no phase with a notebook; there are {known}").format(known=", ".join(known))
    raise LabError(reason, object=repr(phase), next_step="lab reset --help")
