"""Follow a watch on a thread of its own and keep what goes wrong with it for whoever ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object
from lab_helpers.kube.watch import Watch

__all__ = ["Recording"]


class Recording:
    """Gives every change that a watch sees to a function, from its making until ``stop``.

    Args:
        watch: What is followed.
        add: Takes in one change: what kind it is, and the object as it then was.
        name: The name of the thread.
    """

    def __init__(self, watch: Watch, add: Callable[[str, Object], None], name: str) -> None:
        self._watch = watch
        self._add = add
        self._error: LabError | None = None
        self._thread = threading.Thread(target=self._follow, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; safe to call again.

        Raises:
            LabError: It ended before it was asked to: a record with a hole proves nothing.
        """
        self._watch.stop()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _follow(self) -> None:
        try:
            for change, item in self._watch:
                self._add(change, item)
        except LabError as error:
            self._error = error
