"""A rollout that is complete, told from one that is on its way and from one that has stalled."""

from __future__ import annotations

from lab_helpers.errors import CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.observe.rollout import RolloutStatus
from lab_helpers.workbook.course.checks import Unsettled

__all__ = ["expect_complete"]


def expect_complete(status: RolloutStatus, expected: str, namespace: str) -> None:
    """Make sure that a Deployment's rollout is complete.

    Args:
        status: Its status.
        expected: What it is to come to, in the learner's language.
        namespace: The Deployment's.

    Raises:
        CheckFailed: It made no progress for as long as it may.
        Unsettled: It is on its way.
    """
    if status.is_complete:
        return
    failure = CheckFailed if status.is_stalled else Unsettled
    raise failure(
        expected,
        seen=status.message,
        hint=_("A pod counts once its readiness probe is answered."),
        next_step=f"kubectl -n {namespace} get pods",
    )
