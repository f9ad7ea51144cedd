"""Stop every running notebook in order on SIGINT, SIGTERM, SIGHUP or the loss of the cluster."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interrupted", "on_signals", "pass_signals_on", "stopping_all"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(SystemExit):
    """A signal stopped the run; the exit status is 128 plus the signal's number, as in shells.

    Attributes:
        signal_name: The signal, as in ``SIGTERM``.
    """

    def __init__(self, number: int) -> None:
        self.signal_name = signal.Signals(number).name
        super().__init__(128 + number)


class _ThreadedRuns:
    """The notebooks that run in threads, which receive no signals, and the pending reason to stop, if any."""

    def __init__(self) -> None:
        self._stops: list[Callable[[BaseException], object]] = []
        self._reason: BaseException | None = None

    def forget(self) -> None:
        """Clear the reason once the runs it stopped are over."""
        self._reason = None

    def stop(self, reason: BaseException) -> None:
        """Stop all of them, and later ones."""
        self._reason = reason
        for stop in list(self._stops):
            stop(reason)

    def stop_by_signal(self, number: int, _frame: FrameType | None) -> None:
        """Stop them; a signal handler."""
        self.stop(Interrupted(number))

    @contextmanager
    def listening(self, stop: Callable[[BaseException], None]) -> Iterator[None]:
        """For the context, call ``stop`` in the running event loop."""
        loop = asyncio.get_running_loop()

        def stop_in_loop(reason: BaseException) -> None:
            loop.call_soon_threadsafe(stop, reason)

        self._stops.append(stop_in_loop)
        if self._reason is not None:
            stop_in_loop(self._reason)
        try:
            yield
        finally:
            self._stops.remove(stop_in_loop)


_THREADED_RUNS = _ThreadedRuns()


@contextmanager
def pass_signals_on() -> Iterator[None]:
    """For the context, signals stop every notebook that runs in a thread; enter it in the main thread."""
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in handlers.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _THREADED_RUNS.stop_by_signal)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        _THREADED_RUNS.forget()


@contextmanager
def stopping_all() -> Iterator[Callable[[BaseException], None]]:
    """Yield a function that stops, from any thread and for a reason, every notebook that runs in a thread.

    Notebooks that start later within the context are stopped too.
    """
    try:
        yield _THREADED_RUNS.stop
    finally:
        _THREADED_RUNS.forget()


@contextmanager
def on_signals(stop: Callable[[BaseException], None]) -> Iterator[None]:
    """For the context, each signal calls ``stop`` with the reason in the running event loop.

    Only the main thread receives signals; other threads get them from ``pass_signals_on``. A signal that was ignored
    (``nohup``) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        with _THREADED_RUNS.listening(stop):
            yield
        return
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    numbers = [number for number, handler in handlers.items() if handler is not signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, stop, Interrupted(number))
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, handlers[number])
