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

__all__ = ["Client"]

_NOT_FOUND, _CONFLICT = 404, 409

_ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

# Inside the class, "list" is the method.
_Objects = list[Object]
_Events = list[KubeEvent]


class Client:
    """One cluster, seen through one connection pool; safe to share between threads.

    A ``kind`` is the usual word (``pod``, ``deploy``, ``pvc``), a namespace is always said. Everything but
    ``exec`` may be repeated, and is, while the API server cannot be reached or is overloaded.

    Args:
        kubeconfig: Where the cluster is and who asks.
        context: One of its contexts; by default the current one.
        patience_seconds: How long a request is repeated.
        expect_running: Called after each try that was in vain; raises a final error where there is no cluster any more.

    Raises:
        LabError: The kubeconfig cannot be used. From every method: the server refused, with its reason
            (``Forbidden`` where this user may not do that).
        WaitTimeout: From every method: the server could not be reached, or could not answer, for all of the
            patience.
    """

    def __init__(
        self,
        kubeconfig: Path,
        context: str | None = None,
        patience_seconds: float = 15,
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
        """The object as the API's JSON has it, or None when there is none."""
        answer = self._transport.call("GET", self._path(kind, name, namespace))
        if answer.status == _NOT_FOUND:
            return None
        return self._granted(answer, f"{kind}/{name}").object()

    def read(self, path: str) -> Object | None:
        """What an address of the API holds, as in ``/apis/apps/v1``, or None when there is nothing."""
        answer = self._transport.call("GET", path)
        return (
            None if answer.status == _NOT_FOUND else self._granted(answer, path, f"kubectl get --raw {path}").object()
        )

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Object]:
        """The objects in one namespace, or in all; ``selector`` as in ``kubectl get -l``."""
        resource = self._resources.find(kind)
        query = [("labelSelector", selector)] if selector else []
        return self._items(resource, namespace, query)

    def apply(self, manifest: Object, owner: str = "lab") -> Object:
        """Create or change an object by server-side apply, and return it; ``owner`` takes what it names."""
        resource = self._resources.find(manifest["kind"], manifest["apiVersion"])
        name, namespace = manifest["metadata"]["name"], manifest["metadata"].get("namespace")
        answer = self._transport.call(
            "PATCH",
            _object_path(resource, name, namespace),
            [("fieldManager", owner), ("force", "true")],
            body=manifest,
            content_type="application/apply-patch+yaml",
        )
        return self._granted(answer, f"{resource.kind.lower()}/{name}").object()

    def delete(
        self,
        kind: str,
        name: str,
        namespace: str | None = None,
        wait_seconds: float = 30,
        with_dependents: bool = False,
        at_once: bool = False,
        api_version: str | None = None,
    ) -> None:
        """Delete the object that is there now and return when it is gone; one that is not there is no error.

        Another of the same name, made by somebody else in between, is left alone.

        Args:
            kind: What it is.
            name: Which one.
            namespace: Where.
            wait_seconds: The longest time to wait until it is gone; 0 for not waiting.
            with_dependents: Whether it is there until all that it owns is gone (a Deployment's pods).
            at_once: Whether nobody is waited for; for a pod whose containers have ended.
            api_version: Of which API, where several have such a kind.

        Raises:
            WaitTimeout: It is still there, as a rule because of a finalizer or a slow shutdown.
        """
        path = self._path(kind, name, namespace, api_version)
        before = self.read(path)
        if before is None:
            return
        uid = before["metadata"]["uid"]
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        if with_dependents:
            options["propagationPolicy"] = "Foreground"
        if at_once:
            options["gracePeriodSeconds"] = 0
        answer = self._transport.call("DELETE", path, body=options)
        if answer.status == _CONFLICT and self._is_gone(path, before):
            return
        if answer.status != _NOT_FOUND:
            self._granted(answer, f"{kind}/{name}")
        if wait_seconds:
            self._wait_gone(f"{kind}/{name}", path, before, wait_seconds)

    def exec(
        self,
        pod: str,
        argv: Sequence[str],
        namespace: str,
        container: str | None = None,
        input: str | None = None,  # noqa: A002
        seconds: float = 15,
    ) -> Executed:
        """Run a command in a pod's container; see ``lab_helpers.kube.execute``. Never repeated."""
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
        """What a container printed, standard error included; by default the pod's only one.

        Args:
            pod: The pod.
            namespace: Where.
            tail: Only so many last lines.
            previous: What the container's predecessor printed before it was restarted.
            container: Which container; needed where the pod has several.
        """
        query = [("container", container)] if container else []
        query += [("tailLines", str(tail))] if tail is not None else []
        query += [("previous", "true")] if previous else []
        answer = self._transport.call("GET", self._log_path(pod, namespace), query, accept="*/*")
        return self._granted(answer, f"pod/{pod}").content.decode(errors="replace")

    def follow_logs(self, pod: str, namespace: str) -> LineStream:
        """What the pod's only container prints, from its start; ends with the container or when cut off."""
        opened = self._transport.lines(self._log_path(pod, namespace), [("follow", "true")])
        if isinstance(opened, Response):
            raise opened.error(f"pod/{pod}", f"kubectl -n {namespace} logs {pod}")
        return opened

    def events(self, namespace: str, object: str | None = None) -> _Events:  # noqa: A002
        """The events of a namespace, oldest first; of one object when it is named as ``kind/name``."""
        query: Query = []
        if object is not None:
            kind, _, name = object.partition("/")
            about = self._resources.find(kind).kind
            query = [("fieldSelector", f"involvedObject.kind={about},involvedObject.name={name}")]
        found = self._items(self._resources.find("events", "v1"), namespace, query)
        return sorted((parse_event(item) for item in found), key=lambda event: event.at)

    def watch(self, kind: str, namespace: str | None = None, selector: str = "") -> Watch:
        """The changes to the objects of one kind; see ``lab_helpers.kube.watch``."""
        return Watch(self._transport, self._resources.find(kind), namespace, selector)

    def may(self, verb: str, resource: str, namespace: str, group: str = "") -> bool:
        """Whether this user may do something, as the cluster sees it; ``resource`` as in a Role (``pods/log``)."""
        plural, _slash, subresource = resource.partition("/")
        about = {"verb": verb, "group": group, "resource": plural, "subresource": subresource, "namespace": namespace}
        asked = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": about},
        }
        answer = self._transport.call("POST", _ACCESS_REVIEWS, body=asked)
        review = self._granted(answer, _("access review"), next_step="kubectl auth can-i --list").object()
        return bool(review.get("status", {}).get("allowed"))

    def server_version(self) -> str:
        """The API server's version, as in ``v1.37.1``."""
        answer = self._transport.call("GET", "/version")
        return str(self._granted(answer, _("API server"), next_step="kubectl version").object()["gitVersion"])

    def _items(self, resource: Resource, namespace: str | None, query: Query) -> _Objects:
        answer = self._transport.call("GET", resource.path(namespace=namespace), query)
        items = self._granted(answer, resource.plural).object().get("items", [])
        # The API leaves these two out of the items of a list.
        return [{"apiVersion": resource.api_version, "kind": resource.kind, **item} for item in items]

    def _path(self, kind: str, name: str, namespace: str | None, api_version: str | None = None) -> str:
        return _object_path(self._resources.find(kind, api_version), name, namespace)

    def _log_path(self, pod: str, namespace: str) -> str:
        return self._path("pod", pod, namespace) + "/log"

    def _is_gone(self, path: str, before: Object) -> bool:
        now = self.read(path)
        return now is None or now["metadata"]["uid"] != before["metadata"]["uid"]

    def _wait_gone(self, object: str, path: str, before: Object, seconds: float) -> None:  # noqa: A002
        namespace = before["metadata"].get("namespace")
        where = f" -n {namespace}" if namespace else ""
        wait.until(
            lambda: self._is_gone(path, before),
            seconds=seconds,
            what="go away",
            object=object,
            next_step=f"kubectl get {object}{where} -o yaml",
            every=0.1,
        )

    def _granted(self, answer: Response, what: str, next_step: str = "") -> Response:
        if not answer.is_ok:
            raise answer.error(what, next_step or f"kubectl get {what.partition('/')[0]}")
        return answer


def _object_path(resource: Resource, name: str, namespace: str | None) -> str:
    if resource.is_namespaced and not namespace:
        raise LabError(
            _("a {kind} lives in a namespace, and none was said").format(kind=resource.kind),
            object=f"{resource.kind.lower()}/{name}",
            next_step=_("give namespace="),
        )
    return resource.path(name, namespace)
