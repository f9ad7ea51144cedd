"""Apply strategic merge patches and JSON patches to objects as kustomize does, keeping where values come from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lab_helpers.language import gettext as _
from lab_helpers.policy.manifests.nodes import Items, Map, Origin, copied, dig, text
from lab_helpers.policy.manifests.objects import is_builtin

__all__ = ["PatchFailed", "json_patch", "merge"]

_DIRECTIVE = "$patch"

# Lists whose items are merged by a key of theirs, in Kubernetes' own kinds; all other lists are replaced.
_MERGE_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ports": ("containerPort", "port"),
    "secrets": ("name",),
    "topologySpreadConstraints": ("topologyKey",),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}


class PatchFailed(Exception):
    """A patch cannot be applied.

    Attributes:
        origin: Where it is written.
        reason: Why it cannot.
    """

    def __init__(self, origin: Origin, reason: str) -> None:
        self.origin = origin
        self.reason = reason
        super().__init__(reason)


def merge(target: Map, patch: Map) -> bool:
    """Apply a strategic merge patch to an object.

    Args:
        target: The object; changed.
        patch: The patch.

    Returns:
        Whether the object is still there: a patch may delete it.
    """
    if patch.get(_DIRECTIVE) == "delete":
        return False
    _merge(target, patch, has_merge_keys=is_builtin(text(target.get("apiVersion"))))
    return True


def _merge(target: Map, patch: Map, *, has_merge_keys: bool) -> None:
    if patch.get(_DIRECTIVE) == "replace":
        target.clear()
        target.origins.clear()
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        before = target.get(key)
        if value is None or (isinstance(value, Map) and value.get(_DIRECTIVE) == "delete"):
            target.pop(key, None)
            target.origins.pop(key, None)
        elif isinstance(value, Map) and isinstance(before, Map):
            _merge(before, value, has_merge_keys=has_merge_keys)
        elif isinstance(value, Items) and isinstance(before, Items) and has_merge_keys and key in _MERGE_KEYS:
            _merge_items(before, value, _MERGE_KEYS[key])
        elif key not in ("apiVersion", "kind") or before is None:
            target.place(key, _without_directives(copied(value)), patch.origins[key])


def _merge_items(target: Items, patch: Items, keys: Sequence[str]) -> None:
    if any(isinstance(item, Map) and item.get(_DIRECTIVE) == "replace" for item in patch):
        while target:
            target.remove_at(0)
    for item, origin in zip(patch, patch.origins, strict=True):
        if not isinstance(item, Map):
            target.add(item, origin)
            continue
        key = next((key for key in keys if key in item), None)
        index = next((i for i, each in enumerate(target) if key and dig(each, key) == item[key]), None)
        if item.get(_DIRECTIVE) == "delete":
            if index is not None:
                target.remove_at(index)
        elif index is not None and isinstance(target[index], Map):
            _merge(target[index], item, has_merge_keys=True)
        elif key is not None or _DIRECTIVE not in item:
            target.add(_without_directives(copied(item)), origin)


def _without_directives(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Map):
        for key in [key for key, item in value.items() if key.startswith("$") or item is None]:
            del value[key]
            del value.origins[key]
        for item in value.values():
            _without_directives(item)
    elif isinstance(value, Items):
        for item in value:
            _without_directives(item)
    return value


def json_patch(target: Map, operations: Items) -> None:
    """Apply a JSON patch to an object.

    Args:
        target: The object; changed.
        operations: The operations, each with ``op``, ``path`` and what else it needs.

    Raises:
        PatchFailed: A path is not there, or an operation is none.
    """
    for operation, origin in zip(operations, operations.origins, strict=True):
        if not isinstance(operation, Map):
            raise PatchFailed(origin, _("is no operation of a JSON patch"))
        _operate(target, operation)


def _operate(target: Map, operation: Map) -> None:
    kind, value = operation.get("op"), copied(operation.get("value"))
    path = _path(operation, "path")
    place = operation.at("value") if "value" in operation else operation.origin
    if kind in ("move", "copy"):
        source = _path(operation, "from")
        value = copied(_get(target, source, operation))
        if kind == "move":
            _remove(target, source, operation)
    if kind == "remove":
        _remove(target, path, operation)
    elif kind in ("add", "replace", "move", "copy"):
        _set(target, path, value, place, operation, must_exist=kind == "replace")
    elif kind == "test":
        if _get(target, path, operation) != operation.get("value"):
            raise PatchFailed(operation.origin, _("its test fails"))
    else:
        raise PatchFailed(operation.origin, _("is no operation of a JSON patch"))


def _path(operation: Map, key: str) -> list[str]:
    path = text(operation.get(key))
    if not path.startswith("/"):
        raise PatchFailed(operation.at(key), _("its path does not begin with a slash"))
    return [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]


def _get(target: Any, path: Sequence[str], operation: Map) -> Any:  # noqa: ANN401
    for part in path:
        if isinstance(target, Map) and part in target:
            target = target[part]
        elif isinstance(target, Items) and (index := _index(target, part)) is not None and index < len(target):
            target = target[index]
        else:
            shown = "/" + "/".join(path)
            raise PatchFailed(operation.at("path"), _("nothing is at the path {path}").format(path=shown))
    return target


def _index(items: Items, part: str) -> int | None:
    if part == "-":
        return len(items)
    return int(part) if re.fullmatch(r"\d+", part) and int(part) <= len(items) else None


def _set(target: Map, path: Sequence[str], value: object, origin: Origin, operation: Map, *, must_exist: bool) -> None:
    if path[:-1] == ["metadata", "annotations"] and isinstance(target.get("metadata"), Map):
        # While kustomize builds, it keeps annotations of its own there.
        target["metadata"].setdefault("annotations", Map(origin))
    holder = _get(target, path[:-1], operation)
    # As kustomize's library has it, which replaces also a key that is not there.
    if isinstance(holder, Map):
        holder.place(path[-1], value, origin)
        return
    index = _index(holder, path[-1]) if isinstance(holder, Items) else None
    if index is None:
        _get(holder, path[-1:], operation)
        raise PatchFailed(operation.at("path"), _("leads into a value"))
    if must_exist:
        holder.remove_at(index)
    holder.insert_at(index, value, origin)


def _remove(target: Map, path: Sequence[str], operation: Map) -> None:
    holder = _get(target, path[:-1], operation)
    _get(holder, path[-1:], operation)
    if isinstance(holder, Map):
        del holder[path[-1]]
        holder.origins.pop(path[-1], None)
    else:
        holder.remove_at(int(path[-1]))
