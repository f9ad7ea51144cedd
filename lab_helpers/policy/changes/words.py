"""A comparison in words for people, and as a record for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab_helpers.language import gettext as _
from lab_helpers.language import ngettext
from lab_helpers.policy.changes.comparing import Change, ChangeKind, Key
from lab_helpers.policy.changes.fields import shown

__all__ = ["lines", "record"]

_MARKS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.REMOVED: "-"}


def lines(changes: Sequence[Change]) -> Iterator[str]:
    """The changes in words, overlay by overlay."""
    if not changes:
        yield _("nothing changes")
        return
    root = ""
    for change in changes:
        if change.key.root != root:
            root = change.key.root
            yield f"{root}:"
        yield f"{_MARKS[change.kind]} {_named(change.key)}  {_verb(change.kind)}"
        for field in change.fields:
            yield f"    {field}: {shown(field.before)} → {shown(field.after)}"
        for effect in change.effects:
            yield f"  → {effect.message}"
    yield ", ".join(_counts(changes))


def _named(key: Key) -> str:
    name = f"{key.kind.lower()}/{key.name}"
    return f"{name} ({key.namespace})" if key.namespace else name


def _verb(kind: ChangeKind) -> str:
    return {ChangeKind.ADDED: _("comes"), ChangeKind.CHANGED: _("changes"), ChangeKind.REMOVED: _("goes")}[kind]


def _counts(changes: Sequence[Change]) -> Iterator[str]:
    count = {kind: sum(change.kind is kind for change in changes) for kind in ChangeKind}
    yield ngettext("{count} object comes", "{count} objects come", count[ChangeKind.ADDED]).format(
        count=count[ChangeKind.ADDED]
    )
    yield ngettext("{count} changes", "{count} change", count[ChangeKind.CHANGED]).format(
        count=count[ChangeKind.CHANGED]
    )
    yield ngettext("{count} goes", "{count} go", count[ChangeKind.REMOVED]).format(count=count[ChangeKind.REMOVED])


def record(changes: Sequence[Change]) -> list[dict[str, object]]:
    """The changes as JSON has them."""
    return [
        {
            "change": change.kind.value,
            "root": change.key.root,
            "group": change.key.group,
            "kind": change.key.kind,
            "namespace": change.key.namespace,
            "name": change.key.name,
            "fields": [
                {"path": str(field), "before": shown(field.before), "after": shown(field.after)}
                for field in change.fields
            ],
            "effects": [{"effect": effect.kind.value, "message": effect.message} for effect in change.effects],
        }
        for change in changes
    ]
