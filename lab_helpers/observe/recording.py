"""Follow a watch on a thread of its own and keep what goes wrong with it for whoever ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object
from lab_helpers.kube.watch import Outage, Watch
from lab_helpers.language import gettext as _

__all__ = ["Recording"]

# Longer than the last change takes; a thread that waits for a server that does not answer is left to itself.
_END_SECONDS = 1.0


class Recording:
    """Gives every change that a watch sees to a function, from its making until ``stop``.

    Args:
        watch: What is followed.
        add: Takes in one change: what kind it is, and the object as it then was.
        name: What is recorded; also the name of the thread.
    """

    def __init__(self, watch: Watch, add: Callable[[str, Object], None], name: str) -> None:
        self._watch = watch
        self._add = add
        self._name = name
        self._error: LabError | None = None
        self._is_asked_to_end = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=name, daemon=True)
        self._thread.start()

    @property
    def outages(self) -> list[Outage]:
        """The times in which changes were seen late, or not at all."""
        return self._watch.outages

    @property
    def error(self) -> LabError | None:
        """Why it ended before it was asked to; None while it goes on."""
        return self._error

    def stop(self) -> None:
        """End it; safe to call again.

        Raises:
            LabError: It ended before it was asked to: a record with a hole proves nothing.
        """
        self._is_asked_to_end.set()
        self._watch.stop()
        self._thread.join(_END_SECONDS)
        self._is_over.set()
        if self._error is not None:
            raise self._error

    def _follow(self) -> None:
        try:
            for change, item in self._watch:
                if self._is_over.is_set():
                    return
                self._add(change, item)
        except LabError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - a mistake in reading a change is told by stop(), never lost
            reason = _("ended: a change could not be read: {kind}: {error}")
            self._error = LabError(reason.format(kind=type(error).__name__, error=error), object=self._name)
        else:
            if not self._is_asked_to_end.is_set():
                self._error = LabError(_("ended before it was asked to"), object=self._name)
