"""Where Flux and Argo CD deliver the paths of a repository to, as its own objects say."""

from __future__ import annotations

import posixpath
import re

from lab_helpers.policy.files import parents
from lab_helpers.policy.manifests.nodes import Map, Origin, dig, mappings, text

__all__ = ["Delivery"]

_FLUX = "kustomize.toolkit.fluxcd.io"
_ARGO_CD = "argoproj.io"


class Delivery:
    """The paths that Flux and Argo CD deliver, and the namespaces that they choose for them."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._specs: dict[str, Map] = {}
        self._is_computed = False

    def note(self, content: Map) -> None:
        """Remember an object, if it delivers something."""
        group, kind, spec = text(content["apiVersion"]).rpartition("/")[0], content["kind"], content.get("spec")
        if group == _FLUX and kind == "Kustomization":
            path = _path_of(text(dig(spec, "path")))
            self._paths.add(path)
            if isinstance(spec, Map) and text(spec.get("targetNamespace")):
                self._specs[path] = spec
        if group == _ARGO_CD and kind == "ApplicationSet":
            self._is_computed = True
        if group == _ARGO_CD and kind == "Application" and dig(spec, "destination", "namespace"):
            sources = [dig(spec, "source"), *mappings(dig(spec, "sources"))]
            self._paths |= {posixpath.normpath(text(dig(source, "path"))) for source in sources if dig(source, "path")}

    def covers(self, directory: str) -> bool:
        """Whether a directory, or one above it, is delivered."""
        return not self._paths.isdisjoint(parents(f"{directory}/-"))

    def has_namespace(self, directory: str) -> bool:
        """Whether the namespace of what lies in a directory is chosen there; an ApplicationSet may choose any."""
        return self._is_computed or self.covers(directory)

    def namespace(self, directory: str) -> tuple[str, Origin] | None:
        """The namespace that Flux puts all of a directory into, with the place that says so."""
        spec = self._specs.get(directory)
        return None if spec is None else (text(spec["targetNamespace"]), spec.at("targetNamespace"))


def _path_of(written: str) -> str:
    """The path that Flux delivers; where only its cluster knows a part, the directory above that part."""
    path = re.sub(r"\$\{\w+:?[=-]([^${}]*)\}", r"\1", written)
    return posixpath.normpath((path.partition("${")[0].rpartition("/")[0] if "${" in path else path) or ".")
