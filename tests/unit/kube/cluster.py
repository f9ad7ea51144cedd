"""A client that answers from recorded objects."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.events import KubeEvent
from lab_helpers.kube.execute import Executed
from lab_helpers.kube.watch import Outage

Object = dict[str, Any]


class FakeWatch:
    """Tells recorded changes, then waits until it is stopped; all of them are told before that."""

    outages: Sequence[Outage] = ()

    def __init__(self, changes: Iterable[tuple[str, Object] | Exception]) -> None:
        self._changes = changes
        self._closed = threading.Event()
        self._stopped = threading.Event()

    def __iter__(self) -> Iterator[tuple[str, Object]]:
        try:
            for change in self._changes:
                if isinstance(change, Exception):
                    raise change
                yield change
        finally:
            self._closed.set()
        self._stopped.wait(120)

    def stop(self) -> None:
        self._closed.wait(120)
        self._stopped.set()


class FakeStream:
    """The lines of a log; closing it changes nothing."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __enter__(self) -> FakeStream:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def close(self) -> None:
        return


class FakeClient:
    """Objects by kind and name; a list stands for what is seen one look after another, the last for ever."""

    def __init__(self, objects: dict[tuple[str, str], object] | None = None) -> None:
        self.objects = objects or {}
        self.lists: dict[str, list[Object]] = {}
        self.told_events: list[KubeEvent] = []
        self.told_logs: dict[str, str] = {}
        self.changes: list[tuple[str, Object] | Exception] = []
        self.streams: list[Sequence[str]] = []
        self.executed: dict[tuple[str, ...], Executed] = {}
        self.applied: list[Object] = []
        self.deleted: list[tuple[str, str]] = []

    @property
    def client(self) -> Client:
        return cast(Client, self)

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        answer = self.objects.get((kind, name))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return cast("Object | None", answer)

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> Any:
        return self.lists.get(kind, [])

    def events(self, namespace: str) -> Any:
        return self.told_events

    def logs(self, pod: str, namespace: str, tail: int | None = None, container: str | None = None) -> str:
        if pod not in self.told_logs:
            raise LabError("gone", object=f"pod/{pod}")
        return self.told_logs[pod]

    def follow_logs(self, pod: str, namespace: str) -> FakeStream:
        return FakeStream(self.streams.pop(0) if len(self.streams) > 1 else self.streams[0])

    def watch(self, kind: str, namespace: str, selector: str = "") -> FakeWatch:
        return FakeWatch(self.changes)

    def exec(
        self, pod: str, argv: Sequence[str], namespace: str, container: str | None = None, **standard: str
    ) -> Executed:
        return self.executed[tuple(argv)]

    def apply(self, manifest: Object) -> Object:
        self.applied.append(manifest)
        return manifest

    def delete(
        self,
        kind: str,
        name: str,
        namespace: str | None = None,
        wait_seconds: float = 30,
        grace_seconds: int | None = None,
    ) -> None:
        self.deleted.append((kind, name))
