"""Turn the usual word for a kind (``pod``, ``pvc``, ``deployments``) into its place in the API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object, Transport
from lab_helpers.language import gettext as _

__all__ = ["Resource", "Resources"]

# Aggregated discovery: two requests tell every kind, where the classic way takes one a group.
_ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class Resource:
    """One kind of object and where it lives.

    Attributes:
        api_version: As a manifest writes it: ``v1``, ``apps/v1``.
        kind: As a manifest writes it: ``Deployment``.
        plural: As addresses write it: ``deployments``.
        is_namespaced: Whether its objects live in namespaces.
        words: What people call it, in lower case.
    """

    api_version: str
    kind: str
    plural: str
    is_namespaced: bool
    words: frozenset[str]

    def path(self, name: str | None = None, namespace: str | None = None) -> str:
        """The address of one object, or of all in a namespace or in the cluster."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.is_namespaced and namespace else ""
        return f"{root}{inside}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class Resources:
    """What one API server serves; asked for once, and again when a word is not known yet."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._served: list[Resource] = []
        self._lock = threading.Lock()

    def find(self, word: str, api_version: str | None = None) -> Resource:
        """The resource that a word means; where several groups have it, the server's first.

        Raises:
            LabError: The server knows no such word.
        """
        with self._lock:
            found = self._look_up(word, api_version)
            if found is None:  # perhaps installed since
                self._served = list(_discover(self._transport))
                found = self._look_up(word, api_version)
        if found is None:
            raise LabError(_("is no kind this cluster serves"), object=word, next_step="kubectl api-resources")
        return found

    def _look_up(self, word: str, api_version: str | None) -> Resource | None:
        low = word.lower()
        matches = (r for r in self._served if low in r.words and api_version in (None, r.api_version))
        return next(matches, None)


def _discover(transport: Transport) -> Iterator[Resource]:
    for path in ("/api", "/apis"):
        answer = transport.call("GET", path, accept=_ACCEPT)
        if not answer.is_ok:
            called = _("API server {address}").format(address=transport.server)
            raise answer.error(called, "lab status")
        for group in answer.object().get("items", []):
            yield from _resources_of(group)


def _resources_of(group: Object) -> Iterator[Resource]:
    name = group.get("metadata", {}).get("name", "")
    for version in group.get("versions", []):
        api_version = f"{name}/{version['version']}" if name else version["version"]
        for entry in version.get("resources", []):
            kind = entry.get("responseKind", {}).get("kind", "")
            singular = entry.get("singularResource", "")
            words = {kind.lower(), entry["resource"], singular, *entry.get("shortNames", [])} - {""}
            namespaced = entry.get("scope") == "Namespaced"
            yield Resource(api_version, kind, entry["resource"], namespaced, frozenset(words))
