"""Follow a watch on a thread of its own and keep its error for whoever stops it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object
from lab_helpers.kube.watch import Outage, Watch
from lab_helpers.language import gettext as _

__all__ = ["Recording"]

# Longer than processing the last change takes; a thread that still waits for an unresponsive server is abandoned.
_END_SECONDS = 1.0


class Recording:
    """Passes every change of a watch to a function, from construction until ``stop``.

    Args:
        watch: The watch to follow.
        add: Called with each change: its type and the object at that time.
        name: What is recorded; also the name of the thread.
    """

    def __init__(self, watch: Watch, add: Callable[[str, Object], None], name: str) -> None:
        self._watch = watch
        self._add = add
        self._name = name
        self._error: LabError | None = None
        self._is_stopping = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=name, daemon=True)
        self._thread.start()

    @property
    def outages(self) -> list[Outage]:
        """The times in which changes were seen late, or not at all."""
        return self._watch.outages

    @property
    def error(self) -> LabError | None:
        """Why it ended before ``stop``; None while it continues."""
        return self._error

    def stop(self) -> None:
        """End the recording; safe to call again.

        Raises:
            LabError: It ended before this call: an incomplete recording proves nothing.
        """
        self._is_stopping.set()
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
        except Exception as error:  # noqa: BLE001 - a bug in reading a change is raised by stop(), never lost
            reason = _("ended: a change could not be read: {kind}: {error}")
            self._error = LabError(reason.format(kind=type(error).__name__, error=error), object=self._name)
        else:
            if not self._is_stopping.is_set():
                self._error = LabError(_("ended before it was asked to"), object=self._name)
