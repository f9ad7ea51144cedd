"""Send a steady stream of requests from a pod in the cluster, and account for every one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from lab_helpers import wait
from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.diagnose import diagnose, explain_pod
from lab_helpers.kube.transport import LineStream
from lab_helpers.language import gettext as _
from lab_helpers.language import ngettext
from lab_helpers.observe.probe_pod import NAME, create_namespace, pod_manifest, pull_secret_manifest
from lab_helpers.observe.traffic import ProbeLog, ProbeResult, Request

__all__ = ["NAMESPACE", "Probe", "ProbeLost", "ProbeResult", "Request"]

NAMESPACE = "lab-probe"
"""Where a probe runs by default."""

_PAUSE_SECONDS = 0.1
# A thread that still waits for an unresponsive server is abandoned.
_END_SECONDS = 1.0


class ProbeLost(LabError):
    """The probe ended before it was stopped, so that "no failures" cannot be concluded."""

    is_final = True


class Probe:
    """A pod in a namespace of the lab's own that calls a Service; ``start`` it, do something, ``stop`` it.

    It sends a request every interval over a new connection, whether or not earlier ones were answered. A request has
    failed if no connection was established, no response came in time, or the status was not 200. As a context
    manager it starts, and deletes the pod on exit.

    Args:
        client: The cluster.
        url: The URL it requests, by a Service's name, as another application would.
        image: An image with ``node``.
        namespace: The namespace the probe runs in; created if missing.
        pull_secret: A Docker config file with credentials for that image's registry, if it needs them.
        interval_seconds: The time from one request to the next.
        bound_seconds: The time after which it ends by itself.
        timeout_seconds: The time in which the connection must be there, and then the response.
        address: Where it connects to instead of the URL's host, which no DNS may know; empty for that host.
    """

    def __init__(
        self,
        client: Client,
        url: str,
        image: str,
        namespace: str = NAMESPACE,
        pull_secret: Path | None = None,
        interval_seconds: float = 0.05,
        bound_seconds: float = 180,
        timeout_seconds: float = 2,
        address: str = "",
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._url = url
        self._image = image
        self._pull_secret = pull_secret
        self._interval_seconds = interval_seconds
        self._bound_seconds = bound_seconds
        self._timeout_seconds = timeout_seconds
        self._address = address
        self._record = ProbeLog()
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._error: LabError | None = None
        self._unread: LabError | None = None  # why its log could not be read just now
        self._stream: LineStream | None = None
        self._thread: threading.Thread | None = None

    @property
    def requests(self) -> list[Request]:
        """The requests so far, in sending order, from the first successful one on."""
        with self._lock:
            return self._record.requests

    @property
    def error(self) -> LabError | None:
        """Why the probe was lost; None while it continues."""
        if self._error is None and self._record.ended not in ("", "asked"):
            return self._lost_error(self._end_reason())
        return self._error

    def start(self, seconds: float = 30) -> Probe:
        """Start the pod and return once requests succeed.

        Raises:
            WaitTimeout: None did; the reason is that of the last request, or of the pod.
        """
        create_namespace(self._client, self._namespace)
        self._client.delete("pod", NAME, self._namespace)
        try:
            self._create()
            self._until(self._is_running, seconds, outcome="start")
            self._thread = threading.Thread(target=self._follow, name="probe", daemon=True)
            self._thread.start()
            self._until(lambda: self.requests or self._error, seconds, outcome="get a good answer")
            self._raise_if_lost()
        except BaseException:
            self.delete()
            raise
        return self

    def stop(self, seconds: float = 20) -> ProbeResult:
        """End the probe, wait for the requests in flight, delete the pod, and account for every request.

        Raises:
            ProbeLost: The pod died, was deleted, or reached its bound before this call.
            WaitTimeout: Part of its log is unavailable.
        """
        try:
            self._until(self._signal_end, seconds, outcome="hear that it shall end")
            self._until(lambda: self._record.ended or self._error, seconds, outcome="end")
            self._raise_if_lost()
            self._until(self._is_complete, seconds, outcome="tell of every request it sent")
        finally:
            self.delete()
        if self.error is not None:
            raise self.error
        return ProbeResult(self.requests)

    def delete(self) -> None:
        """Delete the pod in any state, without waiting until it is gone."""
        self._is_over.set()
        if self._stream is not None:
            self._stream.close()
        # A probe that has ended needs no grace period, and the next one can start.
        grace_seconds = 0 if self._record.ended else None
        self._client.delete("pod", NAME, self._namespace, wait_seconds=0, grace_seconds=grace_seconds)
        if self._thread is not None:
            self._thread.join(_END_SECONDS)

    def __enter__(self) -> Probe:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.delete()

    def _follow(self) -> None:
        try:
            while not self._record.ended and not self._is_over.wait(_PAUSE_SECONDS):
                self._unread = None
                for look in (self._read_stream, self._check_pod):
                    # An unresponsive API server, or a restarted kubelet that does not know its containers yet (404),
                    # stops no request from being sent: the log is read again later.
                    try:
                        look()
                    except LabError as error:
                        if error.is_final:
                            raise
                        self._unread = error
        except LabError as error:
            self._error = error  # raised by stop()
        except Exception as error:  # noqa: BLE001 - a bug in reading the log is raised by stop(), never lost
            reason = _("its log could not be read: {kind}: {error}")
            self._error = self._lost_error(reason.format(kind=type(error).__name__, error=error))

    def _read_stream(self) -> None:
        """Read the log from its start until the stream ends; lines read before count once."""
        with self._client.follow_logs(NAME, self._namespace) as stream:
            self._stream = stream
            for line in stream:
                self._add(line)

    def _check_pod(self) -> None:
        """Find out why the stream has ended; if the pod has terminated, read its whole log once more."""
        pod = self._client.get("pod", NAME, self._namespace)
        if self._record.ended or self._is_over.is_set():
            return
        if pod is None:
            raise self._lost_error(_("its pod is gone"))
        if pod["status"].get("phase") in ("Failed", "Succeeded"):
            self._read_all()
            if not self._record.ended:
                raise self._lost_error(_("its pod died: {reason}").format(reason=explain_pod(pod, [])))

    def _read_all(self) -> None:
        for line in self._client.logs(NAME, self._namespace).splitlines():
            self._add(line)

    def _add(self, line: str) -> None:
        with self._lock:
            self._record.add(line)

    def _signal_end(self) -> bool:
        """Signal the probe inside its container, so that the pod and its log stay until the log is read."""
        if self._record.ended or self._error:
            return True
        argv = ["node", "-e", "process.kill(1, 'SIGUSR2')"]
        return self._client.exec(NAME, argv, self._namespace).returncode == 0

    def _is_complete(self) -> bool:
        if not self._record.is_complete:
            self._read_all()
        return self._record.is_complete

    def _is_running(self) -> bool:
        pod = self._client.get("pod", NAME, self._namespace)
        return pod is not None and pod.get("status", {}).get("phase") not in (None, "Pending")

    def _until(self, condition: Callable[[], object], seconds: float, *, outcome: str) -> None:
        wait.until(
            condition,
            seconds=seconds,
            outcome=outcome,
            object=self._name,
            last_event=self._last_event,
            next_step=f"kubectl -n {self._namespace} describe pod {NAME}",
        )

    def _last_event(self) -> str:
        if self._unread is not None:
            return str(self._unread)
        if self._record.last_error:
            return _("the last request failed: {error}").format(error=self._record.last_error)
        return diagnose(self._client, self._namespace)

    def _create(self) -> None:
        if self._pull_secret is not None:
            self._client.apply(pull_secret_manifest(self._namespace, self._pull_secret.read_bytes()))
        self._client.apply(pod_manifest(self._namespace, self._image, self._settings(), self._pull_secret is not None))

    def _settings(self) -> dict[str, str]:
        return {
            "PROBE_URL": self._url,
            "PROBE_ADDRESS": self._address,
            "PROBE_INTERVAL_MS": f"{self._interval_seconds * 1000:g}",
            "PROBE_TIMEOUT_MS": f"{self._timeout_seconds * 1000:g}",
            "PROBE_SECONDS": f"{self._bound_seconds:g}",
        }

    def _end_reason(self) -> str:
        reasons = {
            "bound": _("ended by itself after {seconds:g} s, before it was stopped"),
            "terminated": _("was terminated by the cluster, before it was stopped"),
        }.get(self._record.ended, _("ended, before it was stopped"))
        return reasons.format(seconds=self._bound_seconds)

    def _raise_if_lost(self) -> None:
        if self._error is not None:
            raise self._error

    def _lost_error(self, reason: str) -> ProbeLost:
        count = len(self.requests)
        message = ngettext("{reason}; {count} request was seen", "{reason}; {count} requests were seen", count)
        return ProbeLost(
            message.format(reason=reason, count=count), object=self._name, next_step=_("start the probe again")
        )

    @property
    def _name(self) -> str:
        return _("{name} in namespace {namespace}").format(name=f"pod/{NAME}", namespace=self._namespace)
