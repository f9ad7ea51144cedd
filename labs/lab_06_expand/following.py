"""What Argo CD makes of the learner's Deploy repository: what it follows, how far it has come, what it has served."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import dropwhile

from lab_helpers import CheckContext, CheckFailed, Unsettled
from lab_helpers.errors import CommandFailed
from lab_helpers.kube.events import parse_time
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, git
from lab_helpers.workbook.learner.production import OVERLAY, REPOSITORY
from lab_helpers.workbook.learner.repository import Repository
from lab_helpers.workbook.pictures.picture import Commit, Picture, commits_picture

__all__ = [
    "CONTROLLER",
    "PRODUCTION",
    "TAG_FILE",
    "Deployed",
    "application",
    "commits",
    "deployed",
    "expect_served",
    "value_at",
]

PRODUCTION = "production"
CONTROLLER = "argocd-controller"
"""By this name the API server knows what Argo CD has applied."""
TAG_FILE = "k8s/overlays/production/prj-02/kustomization.yaml"
"""What names the release of prj-02 in production."""

_COMMITS = 12  # as many as a picture has room for
_NAMESPACE = "argocd"
_ON_THE_SERVER = "refs/remotes/origin/main"
_PUSH = f"git -C {REPOSITORY} push origin main"


@dataclass(frozen=True)
class Deployed:
    """A commit that Argo CD has made the cluster like.

    Attributes:
        number: How many the Application has had before it.
        revision: Its hash.
        at: When that was done, in seconds since 1970.
    """

    number: int
    revision: str
    at: float


def application(lab: CheckContext, name: str) -> Object:
    """An Application.

    Raises:
        CheckFailed: There is none, or nothing that would take one.
    """
    if lab.client.read("/apis/argoproj.io/v1alpha1") is None:
        raise CheckFailed(
            _("Argo CD in the cluster"),
            seen=_("nothing knows what an Application is"),
            hint=_("The first commands of 6.8 install it, and the Git server that it follows."),
            next_step="lab addon install git-server && lab addon install argocd",
        )
    item = lab.client.get("application", name, _NAMESPACE)
    if item is None:
        raise CheckFailed(
            _("application/{name} in namespace {namespace}").format(name=name, namespace=_NAMESPACE),
            seen=_("none"),
            hint=_("Argo CD follows what it is told to follow, and nothing else."),
            next_step=f"kubectl apply -f {REPOSITORY}/argocd/applications/{name}.yaml",
        )
    return item


def expect_served(lab: CheckContext, name: str) -> Object:
    """The Application, once the cluster is what the learner's last commit says, and it works.

    Raises:
        CheckFailed: The commit is not on the server, or the cluster refuses it.
        Unsettled: It is on its way.
    """
    committed.expect_readable(lab.workspace, REPOSITORY)
    item = application(lab, name)
    _expect_compared(lab, item)
    status = item["status"]
    operation = status.get("operationState", {})
    # Synced may come before the operation has ended: what it has served is in the history only then.
    if status["sync"]["status"] != "Synced" or operation.get("phase") == "Running":
        failure = CheckFailed if operation.get("phase") in ("Failed", "Error") else Unsettled
        raise failure(
            _("{name} to be what Git says").format(name=name),
            seen=", ".join(part for part in (status["sync"]["status"], operation.get("message", "")) if part),
            hint=_("What the cluster refuses stays as it was before; the next commit mends it."),
            next_step=f"kubectl -n {_NAMESPACE} describe application {name}",
        )
    health = status.get("health", {}).get("status", "")
    if health != "Healthy":
        raise Unsettled(
            _("{name} to work").format(name=name),
            seen=health,
            hint=_("Synced says that the cluster has what Git says; Healthy, that it works."),
            next_step=f"kubectl -n {_NAMESPACE} get application {name} -o jsonpath='{{.status.resources}}'",
        )
    return item


def deployed(item: Object) -> list[Deployed]:
    """The commits that an Application has served, oldest first; the ten last."""
    history = item.get("status", {}).get("history") or []
    return [Deployed(entry["id"], entry["revision"], parse_time(entry["deployedAt"])) for entry in history]


def value_at(lab: CheckContext, revision: str, path: str, key: str) -> str:
    """What a file says of a key in a commit, the first time that it does; empty where it says nothing.

    Args:
        lab: The lab.
        revision: The commit.
        path: The file, of YAML, relative to the repository.
        key: As in ``newTag``.
    """
    try:
        text = git.run(lab.workspace / REPOSITORY, "show", f"{revision}:{path}")
    except CommandFailed:  # a commit of another clone
        return ""
    values = (line.partition(f"{key}:")[2].strip().strip("'\"") for line in text.splitlines())
    return next((value for value in values if value), "")


def commits(lab: CheckContext, *items: Object) -> Picture:
    """The learner's last commits, from the first one that an Application has served, beside what became of each.

    Args:
        lab: The lab.
        items: The Applications; some commits change something for one of them only.
    """
    served = [each for item in items for each in deployed(item)]
    served_at = {each.revision: each.at for each in sorted(served, key=lambda each: -each.at)}  # the first time counts
    log = git.run(lab.workspace / REPOSITORY, "log", "--first-parent", f"-{_COMMITS}", "--format=%H %ct %s")
    lines = [line.split(" ", 2) for line in reversed(log.splitlines())]
    return commits_picture(
        [
            Commit(
                revision[:7],
                subject,
                value_at(lab, revision, TAG_FILE, "newTag"),
                _after(served_at.get(revision), committed_at),
            )
            for revision, committed_at, subject in dropwhile(lambda line: line[0] not in served_at, lines)
        ]
    )


def _after(served_at: float | None, committed_at: str) -> float | None:
    return None if served_at is None else max(served_at - int(committed_at), 0)


def _expect_compared(lab: CheckContext, item: Object) -> None:
    """Make sure that Argo CD has compared the cluster with the learner's last commit."""
    repository = Repository(lab.workspace / REPOSITORY)
    head, on_server = repository.head(), repository.commit_of(_ON_THE_SERVER)
    compared = item.get("status", {}).get("sync", {}).get("revision", "")
    if compared == head:
        return
    expected = _("{name} compared with your last commit, {commit}").format(
        name=item["metadata"]["name"], commit=head[:7]
    )
    if on_server != head:
        raise CheckFailed(
            expected,
            seen=_("on the Git server main is at {commit}").format(commit=on_server[:7]) if on_server else _("no push"),
            hint=_("A commit is yours alone until it is pushed: the cluster follows the server, not your machine."),
            next_step=_PUSH,
        )
    conditions = item.get("status", {}).get("conditions") or [{}]
    raise Unsettled(
        expected,
        seen=conditions[0].get("message", "") or compared[:7] or _("no comparison"),
        hint=_("What cannot be built cannot be compared: `kubectl kustomize` says the same on your machine."),
        next_step=f"kubectl kustomize {OVERLAY} > /dev/null",
    )
