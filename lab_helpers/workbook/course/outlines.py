"""The outlines of the labs: which there are, and each as its ``lab.toml`` declares it, in the reader's language."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import schema
from lab_helpers.workbook.course.consistency import expect_consistent
from lab_helpers.workbook.course.outline import Outline, Prediction, Step, Watched

__all__ = ["Outline", "Prediction", "Step", "Watched", "load", "load_phase", "notebooks"]


def notebooks() -> list[str]:
    """The stems of the notebooks that a lab stands behind, in their order."""
    return sorted(path.parent.name.removeprefix("lab_") for path in checkout.labs_directory().glob("lab_*/lab.toml"))


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
        raise LabError(_("no lab stands behind this notebook; there are {known}").format(known=known), object=notebook)
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
        number = notebook.partition("_")[0]
        if phase in (notebook, number, number.lstrip("0")):
            return load(notebook)
    reason = _("is no phase with a notebook; there are {known}").format(known=", ".join(known))
    raise LabError(reason, object=repr(phase), next_step="lab reset --help")
