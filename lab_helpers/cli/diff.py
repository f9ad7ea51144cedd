"""`lab diff`: what a change of manifests does to what runs, before it is applied."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers.cli.judging import judging, speak_to_programs
from lab_helpers.cli.options import Language
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.policy.changes import Change
    from lab_helpers.policy.changes.comparing import Objects

__all__ = ["diff"]

_CLUSTER = "cluster"


class Format(StrEnum):
    """What ``--format`` takes."""

    TEXT = "text"
    JSON = "json"


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=_("A revision of Git, or an overlay."))],
    after: Annotated[str, typer.Argument(metavar="B", help=_("Another one, or the word cluster."))],
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help=_("With revisions: the overlay, or what it lies in."), exists=True),
    ] = Path(),
    context: Annotated[
        str | None, typer.Option("--context", help=_("With cluster: kubeconfig context; by default the current one."))
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help=_("How to print what changes."))] = Format.TEXT,
    language: Language = None,
) -> None:
    """Say what a change of manifests does: what comes, changes and goes, what rolls, and what is refused.

    With cluster: what applying the overlay would do to the cluster, which is asked and not changed.

    Exit code 0 where nothing changes, 1 where something does, 2 where it could not be compared.
    """
    if format_ is not Format.TEXT:
        speak_to_programs()
    with judging():
        changes = _changes(before, after, path, context)
    from lab_helpers.policy.changes import words

    if format_ is Format.JSON:
        print(json.dumps(words.record(changes), indent=2, ensure_ascii=False))
    else:
        print("\n".join(words.lines(changes)))
    raise typer.Exit(int(bool(changes)))


def _changes(before: str, after: str, path: Path, context: str | None) -> list[Change]:
    from lab_helpers.policy.changes import compare

    if _CLUSTER in (before, after):
        return _in_cluster(before if after == _CLUSTER else after, path, context)
    sides = [_objects(side, path) for side in (before, after)]
    if Path(before).is_dir() and Path(after).is_dir():
        sides = _aligned(*sides)
    return compare(*sides)


def _objects(name: str, path: Path) -> Objects:
    from lab_helpers.policy.changes import of_directory, of_revision

    side = of_directory(Path(name)) if Path(name).is_dir() else of_revision(name, path)
    for gap in side.gaps:
        print(_("not compared: {gap}").format(gap=gap), file=sys.stderr)
    return side.objects


def _in_cluster(side: str, path: Path, context: str | None) -> list[Change]:
    from lab_helpers.policy.changes import compare
    from lab_helpers.policy.changes.cluster import against_cluster
    from lab_helpers.policy.changes.effects import Effect, EffectKind

    live, applied, refusals = against_cluster(_objects(side, path), context)
    changes = []
    for change in compare(live, applied):
        refusal = refusals.get(change.key)
        is_said = any(effect.kind in (EffectKind.REFUSED, EffectKind.SHRINKS) for effect in change.effects)
        if refusal and not is_said:
            change = replace(change, effects=(*change.effects, Effect(EffectKind.REFUSED, refusal)))
        changes.append(change)
    return changes


def _aligned(before: Objects, after: Objects) -> list[Objects]:
    """Two overlays with their namespaces left out where each has one of its own: staging's and production's."""
    namespaces = [{key.namespace for key in side if key.namespace} for side in (before, after)]
    if any(len(names) != 1 for names in namespaces) or namespaces[0] == namespaces[1]:
        return [before, after]
    return [{key._replace(namespace=""): manifest for key, manifest in side.items()} for side in (before, after)]
