"""What a change does to what runs: what rolls, what does not, what the API server refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lab_helpers.kube.quantities import quantity
from lab_helpers.language import gettext as _
from lab_helpers.policy.changes.fields import FieldChange, Path, shown
from lab_helpers.policy.manifests.nodes import Map, dig, text
from lab_helpers.policy.manifests.objects import LONG_RUNNING, Manifest
from lab_helpers.policy.manifests.references import references

__all__ = ["Effect", "EffectKind", "of_change", "of_removal"]


class EffectKind(StrEnum):
    """What happens."""

    ROLLS = "rolls"
    STAYS = "stays"
    REFUSED = "refused"
    SHRINKS = "shrinks"
    GROWS = "grows"
    SCALES = "scales"
    NEXT_RUN = "next-run"
    LEFT_BEHIND = "left-behind"


@dataclass(frozen=True)
class Effect:
    """What a change does.

    Attributes:
        kind: What happens.
        message: In one sentence, in the reader's language.
    """

    kind: EffectKind
    message: str


# The fields that the API server never changes, by kind: any below these paths, but not below the second ones.
_IMMUTABLE: dict[str, tuple[tuple[Path, ...], tuple[Path, ...]]] = {
    "ClusterRoleBinding": ((("roleRef",),), ()),
    "DaemonSet": ((("spec", "selector"),), ()),
    "Deployment": ((("spec", "selector"),), ()),
    "Job": ((("spec", "template"), ("spec", "selector"), ("spec", "completionMode"), ("spec", "completions")), ()),
    "PersistentVolume": ((("spec", "hostPath"), ("spec", "nfs"), ("spec", "csi"), ("spec", "local")), ()),
    "PersistentVolumeClaim": (
        (("spec",),),
        (("spec", "resources", "requests"), ("spec", "volumeAttributesClassName")),
    ),
    "ReplicaSet": ((("spec", "selector"),), ()),
    "RoleBinding": ((("roleRef",),), ()),
    "Secret": ((("type",),), ()),
    "StatefulSet": (
        (("spec",),),
        tuple(
            ("spec", field)
            for field in (
                "replicas",
                "ordinals",
                "template",
                "updateStrategy",
                "persistentVolumeClaimRetentionPolicy",
                "minReadySeconds",
                "revisionHistoryLimit",
            )
        ),
    ),
    "StorageClass": (
        (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
        (),
    ),
}


def of_change(
    before: Manifest, after: Manifest, changes: Sequence[FieldChange], users: Sequence[Manifest]
) -> Iterator[Effect]:
    """What a change of an object does.

    Args:
        before: The object before.
        after: The object after.
        changes: The fields that differ.
        users: The objects beside it, after the change.
    """
    is_immutable = before.content.get("immutable") is True
    refused = [each for each in changes if _is_immutable(after, each) or (is_immutable and each.path[0] != "metadata")]
    for change in refused:
        message = _("{field} is immutable: the API server refuses the whole change of {object}")
        yield Effect(EffectKind.REFUSED, message.format(field=change, object=after.reference))
    if refused:
        return
    match after.kind:
        case "PersistentVolumeClaim":
            yield from _of_claim(changes)
        case "ConfigMap" | "Secret":
            yield from _of_settings(after, changes, users)
        case "CronJob":
            if any(change.path[:2] == ("spec", "jobTemplate") for change in changes):
                yield Effect(
                    EffectKind.NEXT_RUN, _("its next run is the first with it; a run under way stays as it is")
                )
        case kind if kind in LONG_RUNNING:
            yield from _of_workload(after, changes)


def of_removal(manifest: Manifest) -> Effect:
    """What it does that an object is in the manifests no longer."""
    namespace = f"-n {manifest.namespace} " if manifest.namespace else ""
    command = f"kubectl {namespace}delete {manifest.reference}"
    message = _("`kubectl apply` leaves it in the cluster; it goes by `{command}`, or where GitOps prunes")
    return Effect(EffectKind.LEFT_BEHIND, message.format(command=command))


def _is_immutable(manifest: Manifest, change: FieldChange) -> bool:
    if manifest.kind == "Service":
        # Where none is written the cluster chose an address, which a headless Service cannot give up either.
        return change.path == ("spec", "clusterIP") and change.after is not None
    paths, exceptions = _IMMUTABLE.get(manifest.kind, ((), ()))
    # What a claim gets from the cluster, and names nowhere, is not changed by being left out.
    if manifest.kind == "PersistentVolumeClaim" and change.after is None:
        return False
    return any(change.path[: len(path)] == path for path in paths) and not any(
        change.path[: len(path)] == path for path in exceptions
    )


def _of_claim(changes: Sequence[FieldChange]) -> Iterator[Effect]:
    for change in changes:
        if change.path == ("spec", "resources", "requests", "storage"):
            before, after = quantity(change.before), quantity(change.after)
            if before is None or after is None:
                continue
            if after < before:
                message = _(
                    "a claim never shrinks: {before} to {after} is refused; copy what it holds to a new, smaller one"
                )
                yield Effect(EffectKind.SHRINKS, message.format(before=change.before, after=change.after))
            else:
                yield Effect(
                    EffectKind.GROWS, _("it grows where its StorageClass has allowVolumeExpansion, else it is refused")
                )


def _of_settings(settings: Manifest, changes: Sequence[FieldChange], users: Sequence[Manifest]) -> Iterator[Effect]:
    """What changed values do to the pods that read them: nothing, unless their name changes along."""
    if not any(change.path[0] in ("data", "stringData", "binaryData") for change in changes):
        return
    for user in users:
        uses = {
            reference.use
            for reference in references(user)
            if reference.kind == settings.kind
            and reference.name == settings.name
            and user.namespace == settings.namespace
        }
        if user.kind not in LONG_RUNNING or not uses:
            continue
        if settings.is_hashed:
            yield Effect(EffectKind.ROLLS, _rolls(user))
        elif uses & {"env", "pull"}:
            namespace = f"-n {user.namespace} " if user.namespace else ""
            message = _("{user} does not roll, its pods keep the old values; then type `{command}`")
            command = f"kubectl {namespace}rollout restart {user.reference}"
            yield Effect(EffectKind.STAYS, message.format(user=user.reference, command=command))
        else:
            message = _(
                "{user} does not roll; the files in its pods change within a minute or two, "
                "its process may have to read them again"
            )
            yield Effect(EffectKind.STAYS, message.format(user=user.reference))


def _of_workload(workload: Manifest, changes: Sequence[FieldChange]) -> Iterator[Effect]:
    for change in changes:
        if change.path == ("spec", "replicas"):
            message = _("scales from {before} to {after}")
            yield Effect(EffectKind.SCALES, message.format(before=shown(change.before), after=shown(change.after)))
    if any(change.path[:2] == ("spec", "template") for change in changes):
        yield _of_template(workload)


def _of_template(workload: Manifest) -> Effect:
    spec = workload.content.get("spec")
    if dig(spec, "paused") is True:
        return Effect(
            EffectKind.STAYS,
            _("{object} is paused: nothing rolls until it is resumed").format(object=workload.reference),
        )
    if dig(spec, "updateStrategy", "type") == "OnDelete" or workload.kind in ("ReplicaSet", "ReplicationController"):
        message = _("its pods stay as they are, until somebody deletes each of them")
        return Effect(EffectKind.STAYS, message)
    return Effect(EffectKind.ROLLS, _rolls(workload))


def _rolls(workload: Manifest) -> str:
    spec = workload.content.get("spec")
    if isinstance(spec, Map) and dig(spec, "strategy", "type") == "Recreate":
        return _("{object} rolls: all its pods end before the new ones start, it does not answer meanwhile").format(
            object=workload.reference
        )
    count = text(dig(spec, "replicas")) or "1"
    if workload.kind == "DaemonSet":
        return _("{object} rolls: its pods are replaced node by node").format(object=workload.reference)
    return _("{object} rolls: its pods ({count}) are replaced one after the other").format(
        object=workload.reference, count=count
    )
