"""What proves step 6.3: one more path is open, at both of its ends, and nobody else has come in by it."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import production
from labs.lab_06_expand import connecting, deployed, opening
from labs.lab_06_expand.connecting import NEW, Attempt

__all__ = ["one_more_path"]

_ENFORCER = "lab addon install network-policy"
_FORBIDDEN_FEW = 2


@check("6.3", seconds=30)
def one_more_path(lab: CheckContext) -> Evidence:
    """prj-04 reaches the web API, by a path that both ends opened, and whatever was shut is shut."""
    for project in deployed.PROJECTS:
        production.rolled_out(lab, project)
    tried = connecting.attempts(lab)
    _expect_enforced(tried)
    _expect_names(lab, tried)
    _expect_open(lab, tried)
    _expect_shut(tried)
    opening.expect_nobody_else(lab)
    deployed.expect_as_committed(lab, "NetworkPolicy", namespaces=deployed.PROJECTS)
    return Evidence(
        paths=connecting.table(tried),
        open=_("{reached} of {all}, as they should be").format(
            reached=sum(attempt.is_reached for attempt in tried), all=len(tried)
        ),
        new=f"{NEW[0]} → {NEW[1]}",
        policies=len(deployed.live(lab, "NetworkPolicy", deployed.PROJECTS)),
        Git=deployed.last_commit(lab),
    )


def _expect_enforced(tried: Sequence[Attempt]) -> None:
    """Tell a cluster on which nobody enforces policies, which takes them all the same."""
    shut = [attempt for attempt in tried if not attempt.is_to_be_open]
    if not all(attempt.is_reached for attempt in shut):
        return
    raise CheckFailed(
        _("paths that no policy names to be shut"),
        seen=_("each of them open, such as {source} → {target}").format(source=shut[0].source, target=shut[0].target),
        hint=_(
            "The API server takes every NetworkPolicy and enforces none: that is the work of the network, or of "
            "something beside it. Where nobody does it, all is open and nothing says so."
        ),
        next_step=_ENFORCER,
    )


def _expect_names(lab: CheckContext, tried: Sequence[Attempt]) -> None:
    without = [attempt.source for attempt in tried if attempt.outcome == "unknown name"]
    if not without:
        return
    project = without[0]
    name = f"{project}-dns"
    is_there = lab.client.get("networkpolicy", name, project) is not None
    manifest = f"{production.REPOSITORY}/k8s/base/networkpolicies/{name}.yaml"
    is_forgotten = not is_there and (lab.workspace / manifest).is_file()
    failure = Unsettled if is_there else CheckFailed
    raise failure(
        _("names to be found from {project}").format(project=project),
        seen=_("an unknown name, whatever is asked for"),
        hint=_(
            "Before a connection there is a question to DNS, and that is a path, too: out of the namespace, to "
            "kube-system, port 53, UDP and TCP. Forgotten, nothing is refused; names are just not found."
        ),
        next_step=f"kubectl apply -f {manifest}" if is_forgotten else f"kubectl -n {project} get networkpolicy {name}",
    )


def _expect_open(lab: CheckContext, tried: Sequence[Attempt]) -> None:
    shut = [attempt for attempt in tried if attempt.is_to_be_open and not attempt.is_reached]
    if not shut:
        return
    if (shut[0].source, shut[0].target) == NEW or len(shut) == 1:
        opening.expect_both_ends(lab)
    raise Unsettled(
        _("{source} → {target} to be open").format(source=shut[0].source, target=shut[0].target),
        seen=shut[0].outcome,
        hint=_("A policy takes part of a second to be in force. If it stays so, one is missing that was there."),
        next_step=f"kubectl diff -k {production.OVERLAY}",
    )


def _expect_shut(tried: Sequence[Attempt]) -> None:
    reached = [attempt for attempt in tried if attempt.is_reached and not attempt.is_to_be_open]
    if not reached:
        return
    names = ", ".join(f"{attempt.source} → {attempt.target}" for attempt in reached[:_FORBIDDEN_FEW])
    raise Unsettled(
        _("only the paths that are to be open"),
        seen=_("open as well: {paths}").format(paths=names),
        hint=_(
            "Policies only ever add up: one that allows too much is not made good by another. Whose `from` or `to` is "
            "too wide?"
        ),
        next_step=f"kubectl -n {reached[0].target.partition('.')[2].partition(':')[0]} describe networkpolicies",
    )
