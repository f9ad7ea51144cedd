"""What proves step 6.10: what was pushed to an App repository was tried in staging, then merged for production."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, git
from lab_helpers.workbook.learner.production import REPOSITORY
from labs.lab_06_expand import following

__all__ = ["promoted_and_back"]

_APP = "app/prj_02"
_BEGINS_AT = "v1.1.0"
_STAGING = "prj-02-staging"
_STAGING_FILE = "k8s/overlays/staging/prj-02/kustomization.yaml"
_REFUSED = "git.lab/refused"
"""The annotation by which the Git server notes on the staging what it has refused for production."""
_PROPOSE = f"{REPOSITORY}/_shared/scripts/deploy/propose-release.sh prj-02 production"
_REVERT = f"git -C {REPOSITORY} revert --no-edit -m 1 HEAD && git -C {REPOSITORY} push origin main"


@check("6.10", seconds=90)
def promoted_and_back(lab: CheckContext) -> Evidence:
    """What was pushed to an App repository was tried in staging, reached production by a merge, and went back."""
    committed.expect_readable(lab.workspace, REPOSITORY)
    # What Git alone decides comes first: it is the same on a fast and on a slow machine.
    tag = _tag(lab)
    _expect_staged(lab, tag)
    refused = _refused(following.application(lab, _STAGING))
    _expect_merged(lab, tag)
    release = _expect_back(lab, tag)
    staging = following.expect_served(lab, _STAGING)
    production = following.expect_served(lab, following.PRODUCTION)
    _expect_promoted(lab, production, tag)
    return Evidence(
        built=tag,
        staging=", ".join(staging["status"].get("summary", {}).get("images", [])),
        refused=refused,
        served=following.commits(lab, production, staging),
        production=release,
    )


def _tag(lab: CheckContext) -> str:
    """What CI calls the image of the learner's last commit to the application."""
    committed.expect_readable(lab.workspace, _APP)
    releases = git.run(lab.workspace / _APP, "tag", "--points-at", "HEAD", "--sort=-version:refname", "v*").split()
    tag = releases[0] if releases else f"sha-{git.run(lab.workspace / _APP, 'rev-parse', 'HEAD')[:7]}"
    if tag != _BEGINS_AT:
        return tag
    raise CheckFailed(
        _("a commit of yours in {repository}").format(repository=_APP),
        seen=git.run(lab.workspace / _APP, "log", "-1", "--format=%s").strip(),
        hint=_("The way to production begins with a commit to the application; whatever it changes."),
        next_step=f'git -C {_APP} commit -am "Say where CI runs"',
    )


def _expect_staged(lab: CheckContext, tag: str) -> None:
    staged = following.value_at(lab, "HEAD", _STAGING_FILE, "newTag")
    if staged == tag:
        return
    hint, next_step = _way_to_staging(lab.workspace / REPOSITORY, tag)
    raise CheckFailed(
        _("{tag}, the last commit of {repository}, in the overlay of staging").format(tag=tag, repository=_APP),
        seen=staged or _("nothing"),
        hint=hint,
        next_step=next_step,
    )


def _way_to_staging(repository: Path, tag: str) -> tuple[str, str]:
    """What is to be done so that staging gets a tag, as a hint and a command."""
    branch = f"origin/release/staging/prj-02-{tag}"
    if not git.succeeds(repository, "rev-parse", "--verify", "--quiet", branch):
        hint = _("A push to the App repository on git.lab runs its CI, which proposes the tag as a branch of infra.")
        return hint, f"git -C {_APP} push git@git.lab:org/prj-02.git main && git -C {REPOSITORY} fetch origin"
    if git.succeeds(repository, "merge-base", "--is-ancestor", branch, "HEAD"):
        last = git.run(repository, "log", "-1", "--format=%h", "--", _STAGING_FILE).strip()
        hint = _("Staging had it, and somebody took it back; what takes that back is a revert, too.")
        return hint, f"git -C {REPOSITORY} revert --no-edit {last} && git -C {REPOSITORY} push origin main"
    hint = _("It is proposed, as a branch; the merge is yours.")
    return hint, f"git -C {REPOSITORY} merge --no-ff --no-edit {branch} && git -C {REPOSITORY} push origin main"


def _refused(staging: Object) -> str:
    """What the Git server has refused for production."""
    refused: str = staging["metadata"].get("annotations", {}).get(_REFUSED, "")
    if refused:
        return refused
    raise CheckFailed(
        _("a merge for production that the Git server has refused"),
        seen=_("none"),
        hint=_(
            "Be impatient once: v1.3.0 is a release that staging does not serve. Propose it, merge it, push it; once "
            "it is refused, `git -C infra reset --keep origin/main` takes your own main back."
        ),
        next_step=f"{_PROPOSE} v1.3.0",
    )


def _expect_merged(lab: CheckContext, tag: str) -> None:
    changes = ("log", "--format=%h", f"-SnewTag: {tag}", "HEAD", "--", following.TAG_FILE)
    if not git.run(lab.workspace / REPOSITORY, *changes):
        raise _not_promoted(tag, following.value_at(lab, "HEAD", following.TAG_FILE, "newTag"))


def _expect_back(lab: CheckContext, tag: str) -> str:
    """The release of production, which is no longer the one that was promoted."""
    release = following.value_at(lab, "HEAD", following.TAG_FILE, "newTag")
    if release != tag:
        return release
    raise CheckFailed(
        _("production at the release before {tag} again").format(tag=tag),
        seen=release,
        hint=_("The last part is the way back: a revert of the merge, pushed."),
        next_step=_REVERT,
    )


def _expect_promoted(lab: CheckContext, production: Object, tag: str) -> None:
    revisions = [each.revision for each in following.deployed(production)]
    tags = [following.value_at(lab, revision, following.TAG_FILE, "newTag") for revision in revisions]
    if tag not in tags:
        raise _not_promoted(tag, ", ".join(dict.fromkeys(filter(None, tags))))


def _not_promoted(tag: str, tags: str) -> CheckFailed:
    return CheckFailed(
        _("production to have served {tag}").format(tag=tag),
        seen=tags or _("nothing"),
        hint=_("Staging has it, so it may be proposed for production; the merge is the decision, and yours."),
        next_step=_PROPOSE,
    )
