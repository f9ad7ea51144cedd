"""What proves step 2.8: prj-03 went the same way, from the template to the registry, without a recipe."""

from __future__ import annotations

from lab_helpers import CheckContext, Evidence, check
from labs.lab_02_app_repo import releasing, splitting

__all__ = ["another_one_released"]

_NAME, _PART, _RELEASE = "prj-03", "app/prj_03", "v0.1.0"


@check("2.8", seconds=20)
def another_one_released(lab: CheckContext) -> Evidence:
    """prj-03 is a repository of its own, too, and its release v0.1.0 is in the registry, of the commit of that name."""
    changes = splitting.expect_split_off(lab, _NAME, _PART)
    splitting.expect_origin(lab.workspace, _NAME)
    image = releasing.expect_released(lab, _RELEASE, _NAME)
    return Evidence(
        repository=_NAME,
        commits=len(changes),
        release=_RELEASE,
        commit=image.revision[:7],
        digest=image.digest,
    )
