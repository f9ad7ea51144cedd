"""The picture of the learner's two repositories and the tag between them."""

from __future__ import annotations

from lab_helpers import CheckContext, LabError
from lab_helpers.images.registry import tags
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import boundary
from lab_helpers.workbook.learner.repository import Repository
from lab_helpers.workbook.pictures.picture import Picture, boundary_picture
from labs.lab_01_template import sorting
from labs.lab_01_template.repositories import APP, DEPLOY

__all__ = ["picture"]

_IMAGE = "org/prj-02"


def picture(lab: CheckContext) -> Picture:
    """Both repositories as they are committed, and the image tags that they name.

    Raises:
        LabError: One of them is not there yet.
    """
    app, deploy = (lab.workspace / own.name for own in (APP, DEPLOY))
    for directory in (app, deploy):
        if not Repository(directory).is_usable or not Repository(directory).head():
            raise LabError(
                _("is no repository with a commit yet"), object=directory.name, next_step=_("Do step 1.1 first.")
            )
    pushed, violating_files = tags(lab.registry, _IMAGE), sorting.misplaced(sorting.judge(lab))
    return boundary_picture(
        boundary.read(app, deploy, image=f"ghcr.io/{_IMAGE}", pushed=pushed, misplaced=violating_files)
    )
