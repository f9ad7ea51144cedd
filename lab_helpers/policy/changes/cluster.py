"""What applying objects would change in a cluster, asked of its API server, which changes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy.asking import ask
from lab_helpers.policy.changes.comparing import Key, Objects, key_of
from lab_helpers.policy.changes.hashing import with_hashes
from lab_helpers.policy.manifests import reading
from lab_helpers.policy.manifests.nodes import Items, Map, Number, copied
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.manifests.patching import merge

__all__ = ["against_cluster", "plain"]


def against_cluster(objects: Objects, context: str | None = None) -> tuple[Objects, Objects, Mapping[Key, str]]:
    """The objects as the cluster has them now, and as it would have them.

    Args:
        objects: What is to be applied.
        context: The context of the kubeconfig; by default the current one.

    Returns:
        The objects before and after, and why the API server refuses those that it does refuse; these are as they are
        written afterwards.

    Raises:
        LabError: The cluster does not answer.
    """
    options = ["--context", context] if context else []
    before: dict[Key, Manifest] = {}
    after: dict[Key, Manifest] = {}
    refusals: dict[Key, str] = {}
    for manifest in with_hashes(objects.values()):
        document = json.dumps(plain(manifest.content))
        live = _first(_get(options, document), manifest)
        if live is None:
            after[key_of(manifest)] = manifest
            continue
        key = key_of(live)
        before[key] = live
        result = ask(options, "apply", "--dry-run=server", "--filename=-", "--output=json", input=document)
        applied = _first(result.stdout, manifest)
        if applied is None:
            lines = result.stderr.strip().splitlines()
            refusals[key] = lines[-1] if lines else _("the API server refuses it")
        after[key] = applied or _overlaid(live, manifest)
    return before, after, refusals


def _get(options: Sequence[str], document: str) -> str:
    """An object as the cluster has it; nothing where it has none, or does not know its kind or namespace."""
    result = ask(options, "get", "--filename=-", "--output=json", input=document)
    if result.returncode == 0:
        return result.stdout
    if "NotFound" in result.stderr or "no matches for kind" in result.stderr:
        return ""
    raise LabError(
        _("the cluster does not answer"),
        object=os.environ.get("KUBECONFIG", "~/.kube/config"),
        last_event=result.stderr.strip(),
        next_step="kubectl get namespaces",
    )


def _first(text: str, written: Manifest) -> Manifest | None:
    objects, _failures = reading.manifests("cluster.json", text)
    return Manifest(objects[0], is_hashed=written.is_hashed, absent=written.absent) if objects else None


def plain(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON has it, numbers as numbers."""
    if isinstance(value, Map):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Items):
        return [plain(item) for item in value]
    if isinstance(value, Number):
        return json.loads(value) if _is_json_number(value) else str(value)
    return value


def _is_json_number(number: str) -> bool:
    try:
        json.loads(number)
    except ValueError:
        return False
    return True


def _overlaid(live: Manifest, written: Manifest) -> Manifest:
    """The object of the cluster with what is written merged into it, where the API server does not say."""
    content = copied(live.content)
    merge(content, written.content)
    return Manifest(content, is_hashed=written.is_hashed)
