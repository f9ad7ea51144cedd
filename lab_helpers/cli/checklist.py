"""`lab checklist`: the boxes of an architecture's checklist, ticked or open by what a repository or a cluster shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers.cli.judging import Unjudged, judging, speak_to_programs
from lab_helpers.cli.options import Language, RunningName
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.policy.checklists import LiveCluster, Verdict

__all__ = ["checklist"]


def checklist(
    name: Annotated[
        str,
        typer.Argument(
            metavar="LIST",
            help=_("app or deploy, of a repository; cluster, first-deploy, expand or operate, of a cluster that runs."),
        ),
    ],
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help=_(
                "The repository; by default this directory. Of operate: the Deploy repository that the cluster runs."
            ),
        ),
    ] = None,
    lab: RunningName = None,
    context: Annotated[
        str | None,
        typer.Option(
            "--context", help=_("Of a cluster that is no lab: kubeconfig context; by default the current one.")
        ),
    ] = None,
    namespace: Annotated[
        list[str] | None,
        typer.Option(
            "--namespace",
            "-n",
            help=_("Of a cluster: look here, may be repeated; by default where the label environment says so."),
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print it as JSON, in English."))] = False,
    language: Language = None,
) -> None:
    """Tick the boxes of a checklist (appendix E) by the evidence that a repository, or a live cluster, holds.

    Exit code 0 where no box is open, 1 where one is, 2 where it could not be judged. What could not be told is open.
    """
    if as_json:
        speak_to_programs()
    from lab_helpers.policy.checklists import State
    from lab_helpers.policy.output.checklist import lines, record

    with judging():
        subject, verdicts = _judge(name, path, lambda: _cluster(lab, context, namespace or (), path))
    if as_json:
        print(json.dumps(record(name, subject, verdicts), indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines(name, subject, verdicts)))
    raise typer.Exit(int(any(verdict.state is State.OPEN for verdict in verdicts)))


def _judge(name: str, path: Path | None, cluster: Callable[[], LiveCluster]) -> tuple[Path | str, Sequence[Verdict]]:
    """What a checklist is about, and how it stands with its boxes."""
    from lab_helpers.policy.checklists import OF_CLUSTERS, OF_REPOSITORIES

    if name in OF_REPOSITORIES:
        repository = path or Path()
        return repository, OF_REPOSITORIES[name](repository)
    if name not in OF_CLUSTERS:
        known = ", ".join((*OF_REPOSITORIES, *OF_CLUSTERS))
        reason = _("is no checklist; there are {known}").format(known=known)
        raise Unjudged(reason, object=name, next_step="lab checklist app")
    if path is not None and name != "operate":
        reason = _("is about a cluster, not about a directory")
        raise Unjudged(reason, object=name, next_step=f"lab checklist {name}")
    live = cluster()
    if name != "cluster" and not live.namespaces:
        reason = _("no namespace to be seen is labelled environment=staging or production")
        raise Unjudged(reason, object=live.name, next_step=f"lab checklist {name} --namespace NAMESPACE")
    return live.name, OF_CLUSTERS[name].judge(live)


def _cluster(lab: str | None, context: str | None, namespaces: Sequence[str], repository: Path | None) -> LiveCluster:
    """The cluster that is meant: a lab's, else the one that kubectl would speak to."""
    from lab_helpers.policy.checklists import LiveCluster

    if lab is None or context:
        return LiveCluster(context=context, namespaces=namespaces, repository=repository)
    from lab_helpers.cluster import at_hand

    return LiveCluster(at_hand.attached(lab).kubeconfig, namespaces=namespaces, repository=repository)
