"""Watch a Deployment while something is done to it: its pods, and a stream of requests to it, as one live picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import wait
from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.watch import Outage
from lab_helpers.observe.milestones import Milestone, Milestones
from lab_helpers.observe.probe import Probe
from lab_helpers.observe.timeline import PodSample, PodTimeline
from lab_helpers.observe.traffic import Pause, Request, pauses
from lab_helpers.workbook.course.outlines import Watched
from lab_helpers.workbook.display.showing import Shown
from lab_helpers.workbook.pictures.moments import moments
from lab_helpers.workbook.pictures.picture import Moment, Picture, rollout_picture

__all__ = ["RolloutObservation", "RolloutWatch"]

_REDRAW_SECONDS = 1.0
_DRAWING_SHARE = 0.1  # of the time, at most: the processor is for what is watched
# Long enough to read a step and type its commands; a stream that nobody ends must end by itself.
_BOUND_SECONDS = 900.0
# So long to give up a stream that nobody wants any more, on a cluster that may be gone.
_ABANDON_SECONDS = 2.0
# So long to account for every request, also where the check that asks for it has little time left.
_STOP_SECONDS = 40.0


@dataclass(frozen=True)
class RolloutObservation:
    """What a watch has seen so far.

    Attributes:
        samples: What each pod was, moment by moment.
        gone: When each pod that is no more went away, in seconds since 1970.
        requests: Each request and its answer, in the order of sending.
        milestones: The turning points of the Deployment's rollouts; the first is what it asked for at the beginning.
        outages: The times in which the API server did not answer, so that changes were seen late, or not at all.
    """

    samples: Sequence[PodSample]
    gone: Mapping[str, float]
    requests: Sequence[Request]
    milestones: Sequence[Milestone] = ()
    outages: Sequence[Outage] = ()

    @property
    def failures(self) -> list[Request]:
        """The requests that failed."""
        return [request for request in self.requests if not request.ok]

    @property
    def seconds_without_ready_pod(self) -> float:
        """For how long, after the first pod was Ready, none was; one that is going away no longer counts."""
        changes = sorted(
            [(sample.at, sample.pod, sample.phase == "ready") for sample in self.samples]
            + [(at, pod, False) for pod, at in self.gone.items()]  # one that was deleted by force was Ready until then
        )
        ready: set[str] = set()
        without, since = 0.0, None
        for at, pod, is_ready in changes:
            had_some = bool(ready)
            (ready.add if is_ready else ready.discard)(pod)
            if had_some and not ready:
                since = at
            elif ready and since is not None:
                without, since = without + at - since, None
        last = max(
            [at for at, _pod, _is_ready in changes] + [one.answered_at for one in self.requests[-1:]], default=0.0
        )
        return without + (last - since if since is not None else 0.0)

    @property
    def pauses(self) -> list[Pause]:
        """The times in which the machine stood still, and the stream with it."""
        return pauses(self.requests)

    def left_at(self, version: str) -> float | None:
        """When another release was asked for after the last time that this one was; None where it was not seen."""
        tags = [milestone.image_tag for milestone in self.asked_for]
        if version not in tags[:-1]:
            return None
        later = self.asked_for[len(tags) - tags[::-1].index(version) :]
        return later[0].at if later else None

    def sent_at(self, version: str) -> float | None:
        """When a release was asked for last, in seconds since 1970; None where it was not while this was seen."""
        return next((one.at for one in reversed(self.asked_for[1:]) if one.image_tag == version), None)

    def answered_by(self, version: str) -> list[Request]:
        """The requests that one release answered."""
        return [request for request in self.requests if request.ok and request.version == version]

    @property
    def asked_for(self) -> list[Milestone]:
        """The releases that were asked for, oldest first; the first of them before the watch began."""
        return [milestone for milestone in self.milestones if milestone.kind == "asked for"]

    @property
    def moments(self) -> list[Moment]:
        """What happened, named for those who look at the picture."""
        return moments(self.milestones, self.samples, self._other_outages, self.pauses)

    @property
    def picture(self) -> Picture:
        """Pods over time, and which release answered."""
        gaps = [(one.began, one.ended) for one in self._other_outages] + [(one.began, one.ended) for one in self.pauses]
        return rollout_picture(self.samples, self.requests, self.moments, self.gone, gaps)

    @property
    def _other_outages(self) -> list[Outage]:
        """Those that are more than the machine's own standing still."""
        pauses = self.pauses
        return [
            outage
            for outage in self.outages
            if not any(pause.began < outage.ended and outage.began < pause.ended for pause in pauses)
        ]


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
            client, url=watched.url, image=watched.image, pull_secret=pull_secret, bound_seconds=_BOUND_SECONDS
        )
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
        self._shown = Shown(self.seen.picture)
        if self._shown.is_seen:
            self._artist = threading.Thread(target=self._redraw, name="rollout picture", daemon=True)
            self._artist.start()

    @property
    def seen(self) -> RolloutObservation:
        """What it has seen so far."""
        if self._result is not None:
            return self._result
        pods = self._pods
        return RolloutObservation(
            pods.samples, pods.deleted_at, self._probe.requests, self._milestones.recorded, pods.outages
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
        self._result, self.judged_by = self.seen, step
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
            self._shown.change(self.seen.picture)
            pause = max(_REDRAW_SECONDS, (time.monotonic() - started) / _DRAWING_SHARE)
