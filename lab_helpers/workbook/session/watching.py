"""Watch a Deployment while something is done to it: its pods, and a stream of requests to it, as one live picture."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path

from lab_helpers import wait
from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.observe.milestones import Milestones
from lab_helpers.observe.probe import NAMESPACE, Probe
from lab_helpers.observe.timeline import PodTimeline
from lab_helpers.workbook.course.outlines import Watched
from lab_helpers.workbook.display.showing import Shown
from lab_helpers.workbook.pictures.observation import RolloutObservation

__all__ = ["RolloutWatch"]

_REDRAW_SECONDS = 1.0
_DRAWING_SHARE = 0.1  # of the time, at most: the processor is for what is watched
# Long enough to read a step and type its commands; a stream that nobody ends must end by itself.
_BOUND_SECONDS = 900.0
# So long to give up a stream that nobody wants any more, on a cluster that may be gone.
_ABANDON_SECONDS = 2.0
# So long to account for every request, also where the check that asks for it has little time left.
_STOP_SECONDS = 40.0


class RolloutWatch:
    """A Deployment under a steady stream of requests, from ``start`` to ``stop``; shows itself as it goes.

    Attributes:
        judged_by: The step whose check has ended it, and may look at it again; empty while none has.

    Args:
        client: The cluster.
        watched: What is watched.
        pull_secret: A docker config file with the credentials for the registry of the stream's image.
    """

    def __init__(self, client: Client, watched: Watched, pull_secret: Path) -> None:
        self._pods = PodTimeline(client, watched.deployment, watched.namespace)
        self._milestones = Milestones(client, watched.deployment, watched.namespace)
        self._probe = Probe(
            client,
            url=watched.url,
            image=watched.image,
            pull_secret=pull_secret,
            bound_seconds=_BOUND_SECONDS,
            timeout_seconds=watched.timeout_seconds,
            address=watched.address,
            namespace=watched.sent_from or NAMESPACE,
        )
        self._is_by_node = watched.is_by_node
        self.judged_by = ""
        self._result: RolloutObservation | None = None
        self._error: LabError | None = None
        self._shown: Shown | None = None
        self._is_over = threading.Event()
        self._artist: threading.Thread | None = None

    def start(self) -> None:
        """Begin; requests flow when it returns.

        Raises:
            LabError: There is no such Deployment, or it does not answer.
        """
        try:
            self._pods.start()
            self._milestones.start()
            self._probe.start()
        except BaseException:
            self._give_up_recording()
            raise
        self._shown = Shown(self.observation.picture)
        if self._shown.is_seen:
            self._artist = threading.Thread(target=self._redraw, name="rollout picture", daemon=True)
            self._artist.start()

    @property
    def observation(self) -> RolloutObservation:
        """What it has seen so far."""
        if self._result is not None:
            return self._result
        pods = self._pods
        return RolloutObservation(
            pods.samples,
            pods.deleted_at,
            self._probe.requests,
            self._milestones.recorded,
            pods.outages,
            self._is_by_node,
        )

    @property
    def is_over(self) -> bool:
        """Whether it was stopped, for whatever reason."""
        return self._is_over.is_set()

    @property
    def error(self) -> LabError | None:
        """Why it sees nothing more, or not all; None while it does."""
        return self._error or self._probe.error or self._milestones.error or self._pods.error

    def stop(self, step: str) -> RolloutObservation:
        """End, account for every request, and leave the whole picture where it was shown; safe to call again.

        Args:
            step: The step that it is judged for.

        Raises:
            LabError: Part of it was not seen, so it proves nothing.
        """
        if self._result is not None:
            return self._result
        self._end_drawing()
        try:
            with wait.act(_STOP_SECONDS):
                self._probe.stop()
        except LabError as error:
            self._error = error
            raise
        finally:
            self._stop_recording()
        self._result, self.judged_by = self.observation, step
        if self._shown is not None:
            self._shown.change(self._result.picture)
        return self._result

    def abandon(self) -> None:
        """End without a result, whatever has become of it, or of its cluster.

        What went wrong with it is nobody's concern any more: what it saw is thrown away, and a pod that could not be
        deleted now ends by itself, or when the next stream starts.
        """
        self._end_drawing()
        with suppress(LabError), wait.look(_ABANDON_SECONDS):
            self._probe.delete()
        self._give_up_recording()

    def _give_up_recording(self) -> None:
        for recording in (self._milestones, self._pods):
            with suppress(LabError):
                recording.stop()

    def _stop_recording(self) -> None:
        try:
            self._milestones.stop()
        finally:
            self._pods.stop()

    def _end_drawing(self) -> None:
        self._is_over.set()
        if self._artist is not None:
            self._artist.join()

    def _redraw(self) -> None:
        assert self._shown is not None
        pause = _REDRAW_SECONDS
        while not self._is_over.wait(pause):
            started = time.monotonic()
            self._shown.change(self.observation.picture)
            pause = max(_REDRAW_SECONDS, (time.monotonic() - started) / _DRAWING_SHARE)
