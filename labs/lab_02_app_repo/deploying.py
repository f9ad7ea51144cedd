"""What proves step 2.7: to deploy a release is one line of the Deploy repository."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, git, manifests
from labs.lab_02_app_repo import registered, splitting

__all__ = ["deployed_by_one_line"]

_DEPLOY = "deploy"
_IMAGE = "ghcr.io/org/prj-02"
_OVERLAY = "k8s/overlays/staging/prj-02/kustomization.yaml"


@check("2.7")
def deployed_by_one_line(lab: CheckContext) -> Evidence:
    """The Deploy repository names the release, by one changed line, and knows nothing else of the application."""
    splitting.expect_split_off(lab, _DEPLOY, "infra")
    release = str(lab.vary["release"])
    name = f"{_DEPLOY}/{_OVERLAY}"
    tag = _deployed(lab, name)
    if tag != release:
        raise CheckFailed(
            _("newTag: {release} in {file}").format(release=release, file=name),
            seen=f"newTag: {tag}",
            hint=_why_not(tag, registered.tagged(lab)),
            next_step=f"sed -i 's/newTag: .*/newTag: {release}/' {name}",
        )
    commit = committed.read(lab.workspace, _DEPLOY, _OVERLAY)
    changed = git.run(lab.workspace / _DEPLOY, "show", "--format=", "--numstat", "HEAD").split()
    if changed != ["1", "1", _OVERLAY]:
        raise CheckFailed(
            _("a commit of one line of one file"),
            seen=", ".join(changed[2::3]) or _("nothing"),
            hint=_(
                "A release is one line, so that `git revert` takes back the release, and nothing else with it. What "
                "else was to be changed is another commit."
            ),
            next_step=f"git -C {_DEPLOY} show --stat HEAD",
        )
    return Evidence(line=f"newTag: {release}", digest=registered.image(lab, release).digest, Git=str(commit))


def _deployed(lab: CheckContext, name: str) -> str:
    """The tag that an overlay gives the application's image."""
    entries = manifests.read(lab.workspace, name).entries("images")
    names = [entry["name"].text for entry in entries]
    if _IMAGE not in names:
        raise CheckFailed(
            _("an image {image} in {file}").format(image=_IMAGE, file=name),
            seen=", ".join(names) or _("nothing"),
            hint=_("`name:` is what the base calls the image, to the letter; a tag of another name changes nothing."),
            next_step=f"git -C {_DEPLOY} diff HEAD~1 -- {_OVERLAY}",
        )
    return entries[names.index(_IMAGE)]["newTag"].text


def _why_not(tag: str, pushed: tuple[str, ...]) -> str:
    if tag == "latest":
        return _(
            "`latest` is whatever was pushed last: two pods of one Deployment may run different code, going back goes "
            "nowhere, and applying the same file again changes nothing, for to Kubernetes nothing has changed (section "
            "1.2)."
        )
    if tag.isdigit():
        return _(
            "A tag of digits only is a number to YAML: kustomize refuses it, and a chart would write it as 6.18e+06. "
            "That is why the short hash of a commit gets a prefix here: sha-…"
        )
    if tag not in pushed:
        return _("Nothing was pushed under this name; pushed were {tags}.").format(tags=", ".join(pushed))
    return _("This is another image than the one you have released.")
