"""The user's kubeconfig, read and never written: one context of it, complete in itself, for a file of the lab's own."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.paths import home_directory

__all__ = ["current_context", "extract", "server", "sources"]

_Entry = dict[str, Any]

# A file that an entry names, and the field that holds its content instead.
_INLINED = {
    "certificate-authority": "certificate-authority-data",
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
}


def sources() -> list[Path]:
    """The files that kubectl reads: those KUBECONFIG names, else ``~/.kube/config``."""
    named = [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return named or [home_directory() / ".kube" / "config"]


def current_context() -> str:
    """The context that kubectl uses when none is named.

    Raises:
        LabError: There is none.
    """
    for _home, config in _configs():
        if config.get("current-context"):
            return str(config["current-context"])
    files = ", ".join(map(str, sources()))
    raise LabError(
        _("no context was named, and there is no current one in {files}").format(files=files),
        object="kubeconfig",
        next_step=f"kubectl config get-contexts   # {_('then: --context CONTEXT')}",
    )


def extract(context: str, namespace: str) -> str:
    """A kubeconfig with nothing but one context of the user's and what it needs, as YAML; holds secrets.

    As kubectl has it, the first of several files that names something is the one that counts, and relative
    paths start at the file that says them.

    Args:
        context: The context.
        namespace: Where commands go that name no namespace.

    Raises:
        LabError: There is no such context, or what it names cannot be read.
    """
    configs = _configs()
    _home, chosen = _find(configs, "context", context, _("context {context!r}").format(context=context))
    object_name = _("the cluster of context {context!r}").format(context=context)
    cluster_home, cluster = _find(configs, "cluster", chosen.get("cluster", ""), object_name)
    if not isinstance(cluster.get("server"), str):
        raise LabError(_("names no server"), object=object_name, next_step="kubectl config view")
    object_name = _("the user of context {context!r}").format(context=context)
    user_home, user = _find(configs, "user", chosen.get("user", ""), object_name)
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": "lab", "user": "lab", "namespace": namespace}}],
        "clusters": [{"name": "lab", "cluster": _inline(cluster, cluster_home)}],
        "users": [{"name": "lab", "user": _from_anywhere(_inline(user, user_home), user_home)}],
    }
    return yaml.safe_dump(content, sort_keys=False)


def server(context: str) -> str:
    """The address of a context's API server.

    Raises:
        LabError: There is no such context.
    """
    return str(yaml.safe_load(extract(context, "default"))["clusters"][0]["cluster"]["server"]).rstrip("/")


def _configs() -> list[tuple[Path, Mapping[str, Any]]]:
    return [(path.absolute().parent, _read(path)) for path in sources() if path.exists()]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        # The parser's own words would quote the file.
        reason = _("cannot be read as a kubeconfig")
        raise LabError(reason, object=str(path), next_step="kubectl config view") from error
    if not isinstance(config, dict):
        raise LabError(_("is no kubeconfig"), object=str(path), next_step="kubectl config view")
    return config


def _find(configs: list[tuple[Path, Mapping[str, Any]]], kind: str, name: str, object_name: str) -> tuple[Path, _Entry]:
    """An entry of some kind by its name, with the directory that its relative paths start at."""
    for home, config in configs:
        for entry in _entries(config, f"{kind}s"):
            if entry.get("name") == name and isinstance(entry.get(kind), dict):
                return home, dict(entry[kind])
    known = sorted(
        {str(entry["name"]) for _home, config in configs for entry in _entries(config, "contexts") if "name" in entry}
    )
    files = ", ".join(map(str, sources()))
    raise LabError(
        _("is not in {files}; its contexts are {known}").format(files=files, known=", ".join(known) or _("none")),
        object=object_name,
        next_step="kubectl config get-contexts",
    )


def _entries(config: Mapping[str, Any], name: str) -> list[_Entry]:
    """A list of the kubeconfig by its name; what is no entry, for somebody may have edited it, is passed over."""
    entries = config.get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _inline(entry: _Entry, home: Path) -> _Entry:
    """The entry with the content of the certificates and keys it names by path."""
    inlined = dict(entry)
    for by_path, by_content in _INLINED.items():
        path = inlined.pop(by_path, "")
        if path and not inlined.get(by_content):
            inlined[by_content] = base64.b64encode(_content(home / str(path))).decode()
    return inlined


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = _("cannot be read: {error}").format(error=error.strerror or error)
        raise LabError(reason, object=str(path), next_step="kubectl config view") from error


def _from_anywhere(user: _Entry, home: Path) -> _Entry:
    """The user with paths that hold wherever the lab's own file lies; a token's file is read anew each time."""
    return dict(_absolute(user, home))


def _absolute(user: _Entry, home: Path) -> Iterator[tuple[str, object]]:
    for name, value in user.items():
        if name == "tokenFile" and value:
            yield name, str(home / str(value))
        elif name == "exec" and isinstance(value, dict) and os.sep in str(value.get("command", "")):
            yield name, {**value, "command": str(home / str(value["command"]))}
        else:
            yield name, value
