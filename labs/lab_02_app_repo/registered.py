"""The learner's images in the registry, by the commits they were built of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.images import registry
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import git
from labs.lab_02_app_repo.splitting import APP

__all__ = ["REVISION", "Image", "image", "images_of_commits", "short_tag", "tagged"]

REVISION = "org.opencontainers.image.revision"
_SHORT = 7


@dataclass(frozen=True)
class Image:
    """One image.

    Attributes:
        tag: Its tag.
        digest: That of its manifest.
        configuration: What the image specification calls so.
    """

    tag: str
    digest: str
    configuration: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """What a container of it starts with: user, command, variables, labels."""
        settings: dict[str, Any] = self.configuration.get("config", {})
        return settings

    @property
    def layers(self) -> list[tuple[str, str]]:
        """Its layers from the lowest to the highest: how each was made, and its content as a hash."""
        history = self.configuration["history"]
        instructions = [entry.get("created_by", "") for entry in history if not entry.get("empty_layer")]
        return list(zip(instructions, self.configuration["rootfs"]["diff_ids"], strict=True))

    @property
    def revision(self) -> str:
        """The commit that it says it was built of."""
        return str((self.settings.get("Labels") or {}).get(REVISION, ""))


def image(lab: CheckContext, tag: str, name: str = APP) -> Image:
    """The image of a tag, in the lab's registry."""
    repository = f"org/{name}"
    digest = registry.digest(lab.registry, repository, tag)
    return Image(tag, digest, registry.describe(lab.registry, repository, digest))


def tagged(lab: CheckContext, name: str = APP) -> tuple[str, ...]:
    """The tags that were pushed of an application."""
    return registry.tags(lab.registry, f"org/{name}")


def short_tag(commit: str) -> str:
    """The tag by which ``scripts/ci.sh`` calls the image of a commit that is no release."""
    return f"sha-{commit[:_SHORT]}"


def images_of_commits(lab: CheckContext) -> list[Image]:
    """The images of the learner's commits on main, the newest first; the newest commit has to have one.

    Raises:
        CheckFailed: There is none of the newest commit.
    """
    commits = git.run(lab.workspace / APP, "rev-list", "--first-parent", "HEAD").split()
    pushed = tagged(lab)
    built = [short_tag(commit) for commit in commits if short_tag(commit) in pushed]
    if short_tag(commits[0]) not in built:
        raise CheckFailed(
            _("an image of the last commit, {tag}, in the registry").format(tag=short_tag(commits[0])),
            seen=", ".join(built[:3]) or _("no image of any commit of yours"),
            hint=_(
                "An image is built of a commit, and stays on this machine until it is pushed. Which of the two is "
                "still to do, `scripts/ci.sh push` says."
            ),
            next_step=f"cd {APP} && scripts/ci.sh build && scripts/ci.sh push",
        )
    return [image(lab, tag) for tag in built]
