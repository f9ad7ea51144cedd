"""Watch the objects of one kind, resuming after broken connections and relisting after 410 Gone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

from lab_helpers import wait
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.kube.resources import Resource
from lab_helpers.kube.transport import LineStream, Object, Response, Transport

__all__ = ["Change", "Outage", "Watch"]

Change = tuple[str, Object]
"""``ADDED``, ``MODIFIED`` or ``DELETED``, and the object at that time."""

_GONE = 410
_PAUSE_SECONDS = 0.1
# The timeout of one attempt to reconnect; attempts are repeated until the watch is stopped.
_TRY_SECONDS = 5.0
# A connection that is reopened within this time is no outage.
_OUTAGE_SECONDS = 2.0


@dataclass(frozen=True)
class Outage:
    """A time in which the server did not respond, so that changes were seen late, or not at all.

    Attributes:
        began: When it last responded, in seconds since 1970.
        ended: When it responded again; the current time during an outage.
    """

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.ended - self.began


class Watch:
    """The changes to the objects of one kind, starting with an ``ADDED`` for each existing object.

    A broken connection is resumed from the last resource version, however long the server is unreachable; ``outages``
    lists those times. When the resource version has expired (410 Gone), the objects are listed again, and the
    difference to the known state is reported as changes, deletions included. (The kubernetes package's own Watch gives
    up at the second 410, and its SharedInformer swallows errors into a log.)

    Iterate in one thread; ``stop`` may be called from any.

    Raises:
        LabError: While iterating: the server rejected the request, or no longer exists.
    """

    def __init__(self, transport: Transport, resource: Resource, namespace: str | None, selector: str = "") -> None:
        self._transport = transport
        self._resource = resource
        self._path = resource.path(namespace=namespace)
        self._query = [("labelSelector", selector)] if selector else []
        self._objects: dict[str, Object] = {}
        self._version = ""
        self._stopped = threading.Event()
        self._stream: LineStream | None = None
        self._lock = threading.Lock()
        self._outages: list[Outage] = []
        self._responded_at = 0.0
        self._connecting_since: float | None = None

    @property
    def outages(self) -> list[Outage]:
        """The times in which the server did not respond, including the current one."""
        return [*self._outages, *self._current_outage()]

    def stop(self) -> None:
        """End the iteration, at once."""
        with self._lock:
            self._stopped.set()
            if self._stream is not None:
                self._stream.close()

    def __iter__(self) -> Iterator[Change]:
        while not self._stopped.is_set():
            if not self._version:
                yield from self._list()
            if self._version:
                yield from self._follow()
            self._stopped.wait(_PAUSE_SECONDS)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _list(self) -> Iterator[Change]:
        self._note_attempt()
        try:
            with wait.look(_TRY_SECONDS):
                response = self._transport.call("GET", self._path, self._query)
        except WaitTimeout:
            return
        self._note_response()
        if not response.is_ok:
            raise self._error(response)
        object_list = response.object()
        present = {item["metadata"]["uid"]: item for item in object_list.get("items", [])}
        for uid in self._objects.keys() - present.keys():
            yield "DELETED", self._objects.pop(uid)
        for uid, item in present.items():
            yield from self._change_of(uid, item)
        self._version = object_list["metadata"]["resourceVersion"]

    def _change_of(self, uid: str, item: Object) -> Iterator[Change]:
        previous = self._objects.get(uid)
        self._objects[uid] = item
        if previous is None:
            yield "ADDED", item
        elif previous["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
            yield "MODIFIED", item

    def _follow(self) -> Iterator[Change]:
        stream = self._open()
        if stream is None:
            return
        with stream:
            for line in stream:
                self._note_response()
                event = json.loads(line)
                if event["type"] == "ERROR":
                    self._reset_version(event["object"].get("code"))
                    return
                yield from self._changes_of(event)
        if not stream.timed_out:  # a broken connection was alive until then
            self._responded_at = time.time()

    def _open(self) -> LineStream | None:
        query = [
            *self._query,
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", self._version),
        ]
        self._note_attempt()
        try:
            with wait.look(_TRY_SECONDS):
                stream = self._transport.lines(self._path, query)
        except WaitTimeout:
            return None
        self._note_response()
        if isinstance(stream, Response):
            if stream.status != _GONE:
                raise self._error(stream)
            self._reset_version(_GONE)
            return None
        with self._lock:
            self._stream = stream
            if self._stopped.is_set():
                stream.close()
        return stream

    def _changes_of(self, event: Object) -> Iterator[Change]:
        item = event["object"]
        self._version = item["metadata"]["resourceVersion"]
        if event["type"] == "DELETED":
            self._objects.pop(item["metadata"]["uid"], None)
            yield "DELETED", item
        elif event["type"] != "BOOKMARK":
            yield from self._change_of(item["metadata"]["uid"], item)

    def _note_attempt(self) -> None:
        """Note a connection attempt."""
        self._connecting_since = self._connecting_since or time.time()
        self._responded_at = self._responded_at or self._connecting_since

    def _note_response(self) -> None:
        """Note that the server responded, which ends an outage."""
        self._outages += self._current_outage()
        self._connecting_since, self._responded_at = None, time.time()

    def _current_outage(self) -> list[Outage]:
        """The current outage; none if an idle connection is being reopened at once."""
        since, current_time = self._connecting_since, time.time()
        return (
            []
            if since is None or current_time - since < _OUTAGE_SECONDS
            else [Outage(self._responded_at, current_time)]
        )

    def _reset_version(self, code: int | None) -> None:
        """Drop the resource version after 410 Gone, which forces a relist; any other error only reconnects."""
        if code == _GONE:
            self._version = ""

    def _error(self, response: Response) -> LabError:
        return response.error(self._resource.plural, f"kubectl get {self._resource.plural}")
