"""What proves step 2.5: a release has a tag in Git and one in the registry, both of one commit, and neither moves."""

from __future__ import annotations

import re

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, git
from labs.lab_02_app_repo import registered
from labs.lab_02_app_repo.registered import Image
from labs.lab_02_app_repo.splitting import APP, expect_repository

__all__ = ["expect_released", "never_moved"]

_VERSION = re.compile(r"v\d+\.\d+\.\d+")


@check("2.5", seconds=20)
def never_moved(lab: CheckContext) -> Evidence:
    """The release has one commit in Git and one image in the registry; the same name for another was refused."""
    expect_repository(lab.workspace, APP)
    committed.expect_readable(lab.workspace, APP)
    release = str(lab.vary["release"])
    image = expect_released(lab, release)
    head = git.run(lab.workspace / APP, "rev-parse", "HEAD").strip()
    if head == image.revision:
        raise CheckFailed(
            _("a commit after {release}, whose push under that name was refused").format(release=release),
            seen=_("{release} is the last commit").format(release=release),
            hint=_("Whether a tag can be moved is only known by whoever has tried it."),
            next_step=_("Run the cell of this step that begins with `cd prj-02` and `released=`."),
        )
    return Evidence(
        release=release,
        commit=image.revision[:7],
        digest=image.digest,
        Git_and_registry=_("name the same commit"),
        since=_("{commit}, which has another name").format(commit=registered.short_tag(head)),
    )


def expect_released(lab: CheckContext, release: str, name: str = APP) -> Image:
    """The image of a release, which has to be of the commit that the same tag names in Git.

    Args:
        lab: The lab.
        release: The tag.
        name: The repository.
    """
    directory = lab.workspace / name
    in_git = git.run(directory, "tag", "--list", release).strip()
    if not in_git:
        others = ", ".join(git.run(directory, "tag", "--list").split())
        raise CheckFailed(
            _("a Git tag {release} in {repository}").format(release=release, repository=name),
            seen=others or _("no tag"),
            hint=_(
                "A release is a commit with a name of the form vX.Y.Z; every other commit is called after its hash. "
                "`v1` and `1.2` look like names of releases, and nothing here takes them for one."
            ),
            next_step=f"git -C {name} tag {release}",
        )
    if release not in registered.tagged(lab, name):
        is_dirty = bool(git.run(directory, "status", "--porcelain").strip())
        way = "git status" if is_dirty else "scripts/ci.sh build && scripts/ci.sh push"
        raise CheckFailed(
            _("{release} in the registry").format(release=release),
            seen=", ".join(registered.tagged(lab, name)) or _("nothing of {repository}").format(repository=name),
            hint=_uncommitted() if is_dirty else _unbuilt(),
            next_step=f"cd {name} && {way}",
        )
    image = registered.image(lab, release, name)
    commit = git.run(directory, "rev-parse", f"{release}^{{commit}}").strip()
    if image.revision != commit:
        raise CheckFailed(
            _("{release} to name one commit").format(release=release),
            seen=_("in Git {commit}, in the registry {revision}").format(
                commit=commit[:7], revision=image.revision[:7] or _("nobody knows which")
            ),
            hint=_(
                "The Git tag was moved, and the image was not: whoever reads the source of {release} now reads "
                "something else than what runs. A mended release is a new one, with a new number."
            ).format(release=release),
            next_step=f"git -C {name} tag --force {release} {image.revision[:7] or 'COMMIT'}",
        )
    return image


def _uncommitted() -> str:
    return _(
        "`scripts/ci.sh build` builds what a commit holds, and nothing that is in no commit: as long as there is "
        "something of that kind it refuses, for nobody could say later what is in the image."
    )


def _unbuilt() -> str:
    return _("A tag in Git makes no image. The same two commands do, with this commit checked out: build, push.")
