"""Which release of prj-02 should run, by staging's overlay: in the workspace, and in Git."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, manifests
from lab_helpers.workbook.learner.committed import Committed, Uncommitted
from labs.lab_05_first_deploy.prj_02 import APPLY, IMAGE, NAME, REPOSITORY

__all__ = ["FILE", "expect_git", "new_tag", "send"]

_IN_REPOSITORY = f"k8s/overlays/staging/{NAME}/kustomization.yaml"
FILE = f"{REPOSITORY}/{_IN_REPOSITORY}"
"""The file that says which release staging runs."""


def new_tag(lab: CheckContext) -> str:
    """The tag that the staging overlay in the workspace names.

    Raises:
        CheckFailed: The overlay cannot be read, or names none.
    """
    images = manifests.read(lab.workspace, FILE)["images"]
    for image in images.items():
        if image["name"].text == IMAGE:
            return image["newTag"].text
    raise CheckFailed(
        _("an entry under `images` with the line `name: {image}`").format(image=IMAGE),
        seen=", ".join(image["name"].text for image in images.items()) or _("none"),
        hint=_(
            "kustomize sets the tag of the image whose whole name is written there, as the manifest has it; of "
            "another name it says nothing, and changes nothing."
        ),
        next_step=f"grep -n -A 3 images: {FILE}",
    )


def send(lab: CheckContext, tag: str) -> str:
    """The commands that send a release from the overlay as it is now."""
    return APPLY if new_tag(lab) == tag else f"{_write_down(lab, tag)} && {APPLY}"


def _write_down(lab: CheckContext, tag: str) -> str:
    """The commands that make Git say that a release should run."""
    edit = f"sed -i 's/newTag: .*/newTag: {tag}/' {FILE}"
    if f"newTag: {tag}\n" in committed.text(lab.workspace / REPOSITORY, _IN_REPOSITORY):
        return edit  # is what is committed, so that there would be nothing to commit
    return f'{edit} && git -C {REPOSITORY} commit -am "Deploy {tag} to staging"'


def expect_git(lab: CheckContext, tag: str) -> Committed:
    """Make sure that Git tells the truth, and return the commit that does.

    Raises:
        CheckFailed: What Git says cannot be told.
        Uncommitted: The overlay names another release than the one that runs, or is not committed as it is.
    """
    actual = new_tag(lab)
    if actual != tag:
        raise Uncommitted(
            _("newTag: {tag} in {file}, as in the cluster").format(tag=tag, file=FILE),
            seen=f"newTag: {actual}",
            hint=_(
                "The cluster was told {tag} past Git, which still says {told}: the next apply, whoever "
                "types it, sends {told} again."
            ).format(tag=tag, told=actual),
            next_step=_write_down(lab, tag),
        )
    return committed.read(lab.workspace, REPOSITORY, _IN_REPOSITORY)
