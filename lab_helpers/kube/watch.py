"""Follow the objects of one kind for as long as wanted, whatever happens to the connection."""

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
"""``ADDED``, ``MODIFIED`` or ``DELETED``, and the object as it then was."""

_GONE = 410
_PAUSE_SECONDS = 0.1
# One try to connect anew: a server that does not answer is asked again and again, until somebody stops.
_TRY_SECONDS = 5.0
# A connection that is made anew within so long has missed nothing worth telling.
_OUTAGE_SECONDS = 2.0


@dataclass(frozen=True)
class Outage:
    """A time in which the server did not answer, so that changes were seen late, or not at all.

    Attributes:
        began: When it was last heard from, in seconds since 1970.
        ended: When it answered again; now, while it still does not.
    """

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.ended - self.began


class Watch:
    """The changes to the objects of one kind, starting with an ``ADDED`` for each that exists.

    A dropped connection is resumed where it broke, however long the server does not answer; ``outages`` tells of
    that. When the server no longer remembers that point (410 Gone) the objects are listed again, and the difference
    to what was known is told as changes, deletions included. (The kubernetes package's own Watch gives up at the
    second 410, and its SharedInformer swallows errors into a log.)

    Iterate it in one thread; ``stop`` may be called from any.

    Raises:
        LabError: While iterating: the server refused, or there is none any more.
    """

    def __init__(self, transport: Transport, resource: Resource, namespace: str | None, selector: str = "") -> None:
        self._transport = transport
        self._resource = resource
        self._path = resource.path(namespace=namespace)
        self._query = [("labelSelector", selector)] if selector else []
        self._known: dict[str, Object] = {}
        self._version = ""
        self._stopped = threading.Event()
        self._stream: LineStream | None = None
        self._lock = threading.Lock()
        self._outages: list[Outage] = []
        self._heard_at = 0.0
        self._asking_since: float | None = None

    @property
    def outages(self) -> list[Outage]:
        """The times in which the server did not answer, the present one included."""
        return [*self._outages, *self._lasting()]

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
        self._ask()
        try:
            with wait.look(_TRY_SECONDS):
                answer = self._transport.call("GET", self._path, self._query)
        except WaitTimeout:
            return
        self._hear()
        if not answer.is_ok:
            raise self._refused(answer)
        listed = answer.object()
        present = {item["metadata"]["uid"]: item for item in listed.get("items", [])}
        for uid in self._known.keys() - present.keys():
            yield "DELETED", self._known.pop(uid)
        for uid, item in present.items():
            yield from self._changed(uid, item)
        self._version = listed["metadata"]["resourceVersion"]

    def _changed(self, uid: str, item: Object) -> Iterator[Change]:
        before = self._known.get(uid)
        self._known[uid] = item
        if before is None:
            yield "ADDED", item
        elif before["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
            yield "MODIFIED", item

    def _follow(self) -> Iterator[Change]:
        stream = self._open()
        if stream is None:
            return
        with stream:
            for line in stream:
                self._hear()
                event = json.loads(line)
                if event["type"] == "ERROR":
                    self._forget(event["object"].get("code"))
                    return
                yield from self._told(event)
        if not stream.fell_silent:  # one that was cut off was alive until then
            self._heard_at = time.time()

    def _open(self) -> LineStream | None:
        query = [
            *self._query,
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", self._version),
        ]
        self._ask()
        try:
            with wait.look(_TRY_SECONDS):
                opened = self._transport.lines(self._path, query)
        except WaitTimeout:
            return None
        self._hear()
        if isinstance(opened, Response):
            if opened.status != _GONE:
                raise self._refused(opened)
            self._forget(_GONE)
            return None
        with self._lock:
            self._stream = opened
            if self._stopped.is_set():
                opened.close()
        return opened

    def _told(self, event: Object) -> Iterator[Change]:
        item = event["object"]
        self._version = item["metadata"]["resourceVersion"]
        if event["type"] == "DELETED":
            self._known.pop(item["metadata"]["uid"], None)
            yield "DELETED", item
        elif event["type"] != "BOOKMARK":
            yield from self._changed(item["metadata"]["uid"], item)

    def _ask(self) -> None:
        """The server is asked for a connection, perhaps not for the first time."""
        self._asking_since = self._asking_since or time.time()
        self._heard_at = self._heard_at or self._asking_since

    def _hear(self) -> None:
        """The server answers: what was missed until now is known."""
        self._outages += self._lasting()
        self._asking_since, self._heard_at = None, time.time()

    def _lasting(self) -> list[Outage]:
        """The present outage; a quiet connection that is made anew at once is none."""
        since, now = self._asking_since, time.time()
        return [] if since is None or now - since < _OUTAGE_SECONDS else [Outage(self._heard_at, now)]

    def _forget(self, code: int | None) -> None:
        """After 410 the list tells where to go on; after any other error the connection is opened anew."""
        if code == _GONE:
            self._version = ""

    def _refused(self, answer: Response) -> LabError:
        return answer.error(self._resource.plural, f"kubectl get {self._resource.plural}")
