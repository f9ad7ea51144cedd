"""Read and change the objects of one cluster, as plain dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lab_helpers import wait
from lab_helpers.errors import LabError
from lab_helpers.kube.events import KubeEvent, parse_event
from lab_helpers.kube.execute import Executed, execute
from lab_helpers.kube.resources import Resource, Resources
from lab_helpers.kube.transport import LineStream, Object, Query, Response, Transport
from lab_helpers.kube.watch import Watch
from lab_helpers.language import gettext as _

__all__ = ["PATIENCE_SECONDS", "Client"]

PATIENCE_SECONDS = 15.0
"""How long a request is retried where nobody says otherwise."""

_NOT_FOUND, _CONFLICT = 404, 409

_AUTHORIZATION = "authorization.k8s.io/v1"

# Inside the class, "list" is the method.
_Objects = list[Object]
_Events = list[KubeEvent]


class Client:
    """A client of one API server, with one connection pool; safe to share between threads.

    A ``kind`` is a resource name as kubectl takes it (``pod``, ``deploy``, ``pvc``); the namespace is always explicit.
    Every request but ``exec`` is retried while the API server is unreachable or overloaded.

    Args:
        kubeconfig: The server and the credentials.
        context: The context to use; by default the current one.
        patience_seconds: How long a request is retried.
        expect_running: Called after each failed attempt; raises a final error when the cluster no longer exists.

    Raises:
        LabError: The kubeconfig is invalid. From every method: the server rejected the request, with its reason
            (``Forbidden`` for 403, ``Unauthorized`` for 401).
        WaitTimeout: From every method: the server was unreachable or overloaded for ``patience_seconds``.
    """

    def __init__(
        self,
        kubeconfig: Path,
        context: str | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        expect_running: Callable[[], None] | None = None,
    ) -> None:
        self.kubeconfig = kubeconfig
        self._transport = Transport(kubeconfig, context, patience_seconds, expect_running)
        self._resources = Resources(self._transport)

    @property
    def server(self) -> str:
        """The API server's address."""
        return self._transport.server

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """The object as decoded JSON; None if there is none."""
        response = self._transport.call("GET", self._path(kind, name, namespace))
        if response.status == _NOT_FOUND:
            return None
        return self._require_ok(response, f"{kind}/{name}").object()

    def read(self, path: str) -> Object | None:
        """The object at an API path, as in ``/apis/apps/v1``; None if there is none."""
        response = self._transport.call("GET", path)
        if response.status == _NOT_FOUND:
            return None
        return self._require_ok(response, path, f"kubectl get --raw {path}").object()

    def text(self, path: str) -> str:
        """The content at an API path that leads to no object, as a Service's ``/proxy/metrics``."""
        response = self._transport.call("GET", path, accept="*/*")
        return self._require_ok(response, path, f"kubectl get --raw {path}").content.decode(errors="replace")

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Object]:
        """The objects in one namespace, or in all; ``selector`` as in ``kubectl get -l``."""
        resource = self._resources.find(kind)
        query = [("labelSelector", selector)] if selector else []
        return self._items(resource, namespace, query)

    def apply(self, manifest: Object, field_manager: str = "lab", *, is_trial: bool = False) -> Object:
        """Apply an object server-side, taking over the fields it sets for ``field_manager``, and return it.

        Args:
            manifest: The object.
            field_manager: Who owns the fields from then on.
            is_trial: Whether nothing is stored: the API server only says what it would make of it, or refuses it.
        """
        resource = self._resources.find(manifest["kind"], manifest["apiVersion"])
        name, namespace = manifest["metadata"]["name"], manifest["metadata"].get("namespace")
        response = self._transport.call(
            "PATCH",
            _object_path(resource, name, namespace),
            [("fieldManager", field_manager), ("force", "true"), *([("dryRun", "All")] if is_trial else [])],
            body=manifest,
            content_type="application/apply-patch+yaml",
        )
        return self._require_ok(response, f"{resource.kind.lower()}/{name}").object()

    def delete(
        self,
        kind: str,
        name: str,
        namespace: str | None = None,
        wait_seconds: float = 30,
        with_dependents: bool = False,
        grace_seconds: int | None = None,
        api_version: str | None = None,
    ) -> None:
        """Delete an object and wait until it is gone; a missing object is not an error.

        A precondition on the UID leaves alone an object of the same name that was created in between.

        Args:
            kind: Its kind.
            name: Its name.
            namespace: Its namespace; None for cluster-scoped objects.
            wait_seconds: The longest time to wait until it is gone; 0 returns at once.
            with_dependents: Use foreground deletion, which deletes dependents (a Deployment's pods) first.
            grace_seconds: How long a pod's containers may take to end, instead of what the pod says; with 0 the pod is
                forgotten at once, which is for one whose containers have terminated.
            api_version: Its API version, if several API groups serve the kind.

        Raises:
            WaitTimeout: It still exists, usually because of a finalizer or a slow shutdown.
        """
        path = self._path(kind, name, namespace, api_version)
        existing = self.read(path)
        if existing is None:
            return
        uid = existing["metadata"]["uid"]
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        if with_dependents:
            options["propagationPolicy"] = "Foreground"
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        response = self._transport.call("DELETE", path, body=options)
        if response.status == _CONFLICT and self._is_gone(path, existing):
            return
        if response.status != _NOT_FOUND:
            self._require_ok(response, f"{kind}/{name}")
        if wait_seconds:
            self._wait_gone(f"{kind}/{name}", path, existing, wait_seconds)

    def exec(
        self,
        pod: str,
        argv: Sequence[str],
        namespace: str,
        container: str | None = None,
        input: str | None = None,  # noqa: A002
        seconds: float = 15,
    ) -> Executed:
        """Run a command in a pod's container; see ``lab_helpers.kube.execute``. Never retried."""
        path = self._path("pod", pod, namespace)
        return execute(self._transport, path, argv, container=container, input=input, seconds=seconds)

    def logs(
        self,
        pod: str,
        namespace: str,
        tail: int | None = None,
        previous: bool = False,
        container: str | None = None,
    ) -> str:
        """The log of a container, standard output and error; by default of the pod's only container.

        Args:
            pod: The pod.
            namespace: The pod's namespace.
            tail: Return only this many lines from the end.
            previous: Return the log of the container's previous instance, from before its restart.
            container: The container; required if the pod has several.
        """
        query = [("container", container)] if container else []
        query += [("tailLines", str(tail))] if tail is not None else []
        query += [("previous", "true")] if previous else []
        response = self._transport.call("GET", self._log_path(pod, namespace), query, accept="*/*")
        return self._require_ok(response, f"pod/{pod}").content.decode(errors="replace")

    def follow_logs(self, pod: str, namespace: str) -> LineStream:
        """Stream the log of a pod's only container from its start, until the container or the connection ends."""
        stream = self._transport.lines(self._log_path(pod, namespace), [("follow", "true")])
        if isinstance(stream, Response):
            raise stream.error(f"pod/{pod}", f"kubectl -n {namespace} logs {pod}")
        return stream

    def events(self, namespace: str, object: str | None = None) -> _Events:  # noqa: A002
        """The events of a namespace, oldest first; only those of ``object`` (``kind/name``) if given."""
        query: Query = []
        if object is not None:
            kind, _, name = object.partition("/")
            involved_kind = self._resources.find(kind).kind
            query = [("fieldSelector", f"involvedObject.kind={involved_kind},involvedObject.name={name}")]
        items = self._items(self._resources.find("events", "v1"), namespace, query)
        return sorted((parse_event(item) for item in items), key=lambda event: event.at)

    def watch(self, kind: str, namespace: str | None = None, selector: str = "") -> Watch:
        """Watch the objects of one kind; see ``lab_helpers.kube.watch``."""
        return Watch(self._transport, self._resources.find(kind), namespace, selector)

    def is_allowed(self, verb: str, resource: str, namespace: str = "", group: str = "", *, team: str = "") -> bool:
        """Whether a verb is allowed, to this user or to the members of a group.

        Args:
            verb: As in ``get``.
            resource: As in a Role (``pods/log``).
            namespace: Where; empty for what belongs to the whole cluster, or in all namespaces.
            group: The API group of the resource.
            team: The group whose members are meant; empty for whoever asks.
        """
        plural, _slash, subresource = resource.partition("/")
        attributes = {
            "verb": verb,
            "group": group,
            "resource": plural,
            "subresource": subresource,
            "namespace": namespace,
        }
        subject = {"user": "somebody", "groups": [team, "system:authenticated"]} if team else {}
        kind = "SubjectAccessReview" if team else "SelfSubjectAccessReview"
        manifest = {
            "apiVersion": _AUTHORIZATION,
            "kind": kind,
            "spec": {**subject, "resourceAttributes": attributes},
        }
        response = self._transport.call("POST", f"/apis/{_AUTHORIZATION}/{kind.lower()}s", body=manifest)
        review = self._require_ok(response, _("access review"), next_step="kubectl auth can-i --list").object()
        return bool(review.get("status", {}).get("allowed"))

    def server_version(self) -> str:
        """The API server's version, as in ``v1.37.1``."""
        response = self._transport.call("GET", "/version")
        return str(self._require_ok(response, _("API server"), next_step="kubectl version").object()["gitVersion"])

    def _items(self, resource: Resource, namespace: str | None, query: Query) -> _Objects:
        response = self._transport.call("GET", resource.path(namespace=namespace), query)
        items = self._require_ok(response, resource.plural).object().get("items", [])
        # The API leaves these two out of the items of a list.
        return [{"apiVersion": resource.api_version, "kind": resource.kind, **item} for item in items]

    def _path(self, kind: str, name: str, namespace: str | None, api_version: str | None = None) -> str:
        return _object_path(self._resources.find(kind, api_version), name, namespace)

    def _log_path(self, pod: str, namespace: str) -> str:
        return self._path("pod", pod, namespace) + "/log"

    def _is_gone(self, path: str, deleted: Object) -> bool:
        current = self.read(path)
        return current is None or current["metadata"]["uid"] != deleted["metadata"]["uid"]

    def _wait_gone(self, object: str, path: str, deleted: Object, seconds: float) -> None:  # noqa: A002
        namespace = deleted["metadata"].get("namespace")
        where = f" -n {namespace}" if namespace else ""
        wait.until(
            lambda: self._is_gone(path, deleted),
            seconds=seconds,
            outcome="go away",
            object=object,
            next_step=f"kubectl get {object}{where} -o yaml",
            every=0.1,
        )

    def _require_ok(self, response: Response, object_name: str, next_step: str = "") -> Response:
        if not response.is_ok:
            raise response.error(object_name, next_step or f"kubectl get {object_name.partition('/')[0]}")
        return response


def _object_path(resource: Resource, name: str, namespace: str | None) -> str:
    if resource.is_namespaced and not namespace:
        raise LabError(
            _("a {kind} lives in a namespace, and none was said").format(kind=resource.kind),
            object=f"{resource.kind.lower()}/{name}",
            next_step=_("give namespace="),
        )
    return resource.path(name, namespace)
