"""Map a resource name as kubectl takes it (``pod``, ``pvc``, ``deployments``) to its API path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object, Transport
from lab_helpers.language import gettext as _

__all__ = ["Resource", "Resources"]

# Aggregated discovery takes two requests; legacy discovery takes one for each group version.
_ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class Resource:
    """An API resource.

    Attributes:
        api_version: As in a manifest: ``v1``, ``apps/v1``.
        kind: As in a manifest: ``Deployment``.
        plural: As in API paths: ``deployments``.
        is_namespaced: Whether its objects are namespaced.
        names: Every name that kubectl accepts for it, in lower case: kind, plural, singular, short names.
    """

    api_version: str
    kind: str
    plural: str
    is_namespaced: bool
    names: frozenset[str]

    def path(self, name: str | None = None, namespace: str | None = None) -> str:
        """The API path of one object, or of the collection in a namespace or in the cluster."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.is_namespaced and namespace else ""
        return f"{root}{inside}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class Resources:
    """The resources of one API server, discovered once, and again when a name is unknown."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._served: list[Resource] = []
        self._lock = threading.Lock()

    def find(self, name: str, api_version: str | None = None) -> Resource:
        """The resource of a name; if several API groups serve it, the server's first.

        Raises:
            LabError: The server does not serve such a resource.
        """
        with self._lock:
            resource = self._look_up(name, api_version)
            if resource is None:  # a CRD may have been installed since
                self._served = list(_discover(self._transport))
                resource = self._look_up(name, api_version)
        if resource is None:
            raise LabError(_("is no kind this cluster serves"), object=name, next_step="kubectl api-resources")
        return resource

    def _look_up(self, name: str, api_version: str | None) -> Resource | None:
        lowered = name.lower()
        matches = (r for r in self._served if lowered in r.names and api_version in (None, r.api_version))
        return next(matches, None)


def _discover(transport: Transport) -> Iterator[Resource]:
    for path in ("/api", "/apis"):
        response = transport.call("GET", path, accept=_ACCEPT)
        if not response.is_ok:
            server = _("API server {address}").format(address=transport.server)
            raise response.error(server, "lab status")
        for group in response.object().get("items", []):
            yield from _resources_of(group)


def _resources_of(group: Object) -> Iterator[Resource]:
    name = group.get("metadata", {}).get("name", "")
    for version in group.get("versions", []):
        api_version = f"{name}/{version['version']}" if name else version["version"]
        for entry in version.get("resources", []):
            kind = entry.get("responseKind", {}).get("kind", "")
            singular = entry.get("singularResource", "")
            names = {kind.lower(), entry["resource"], singular, *entry.get("shortNames", [])} - {""}
            is_namespaced = entry.get("scope") == "Namespaced"
            yield Resource(api_version, kind, entry["resource"], is_namespaced, frozenset(names))
