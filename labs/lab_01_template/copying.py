"""What proves step 1.1: two repositories of the learner's own, each a copy of a part of the template."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner.repository import Repository
from labs.lab_01_template import repositories
from labs.lab_01_template.repositories import APP, DEPLOY

__all__ = ["copied"]


@check("1.1")
def copied(lab: CheckContext) -> Evidence:
    """The template is copied into two repositories of your own, and both say where they came from."""
    for own in (APP, DEPLOY):
        repositories.expect_copied(lab, own)
        repositories.expect_committed(lab, own)
    _expect_tag(lab)
    stamps = [repositories.stamp(lab, own) for own in (APP, DEPLOY)]
    files = [len(repositories.files_in(lab.workspace / own.name)) for own in (APP, DEPLOY)]
    return Evidence(
        web=_("{count} files, {part} of {template} {version}").format(count=files[0], **stamps[0]),
        deploy=_("{count} files, {part} of {template} {version}").format(count=files[1], **stamps[1]),
        tag=_("{tag} in {name}").format(tag=APP.revision, name=APP.name),
    )


def _expect_tag(lab: CheckContext) -> None:
    if not Repository(lab.workspace / APP.name).commit_of(f"refs/tags/{APP.revision}"):
        raise CheckFailed(
            _("a tag {tag} in {name}").format(tag=APP.revision, name=APP.name),
            seen=_("none of that name"),
            hint=_("The tag of a commit becomes the tag of its image: it is what the Deploy repository will name."),
            next_step=f"git -C {APP.name} tag {APP.revision}",
        )
