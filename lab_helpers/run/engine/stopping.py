"""Turn SIGINT, SIGTERM and SIGHUP, or the loss of the cluster, into one orderly stop of every running notebook."""

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
    """A signal stopped the run; as the shell's custom is, the exit status is 128 and the signal's number.

    Attributes:
        signal_name: The signal, as in ``SIGTERM``.
    """

    def __init__(self, number: int) -> None:
        self.signal_name = signal.Signals(number).name
        super().__init__(128 + number)


class _Elsewhere:
    """The notebooks that run in threads, which receive no signals, and what came for them, if anything did."""

    def __init__(self) -> None:
        self._stops: list[Callable[[BaseException], object]] = []
        self._came: BaseException | None = None

    def forget(self) -> None:
        """What came was for those who ran then."""
        self._came = None

    def stop(self, reason: BaseException) -> None:
        """Stop all of them, and whoever comes after."""
        self._came = reason
        for stop in list(self._stops):
            stop(reason)

    def stop_by_signal(self, number: int, _frame: FrameType | None) -> None:
        """Stop them as a handler of signals."""
        self.stop(Interrupted(number))

    @contextmanager
    def listening(self, stop: Callable[[BaseException], None]) -> Iterator[None]:
        """Inside, ``stop`` is called from the running event loop."""
        loop = asyncio.get_running_loop()

        def stop_there(reason: BaseException) -> None:
            loop.call_soon_threadsafe(stop, reason)

        self._stops.append(stop_there)
        if self._came is not None:
            stop_there(self._came)
        try:
            yield
        finally:
            self._stops.remove(stop_there)


_ELSEWHERE = _Elsewhere()


@contextmanager
def pass_signals_on() -> Iterator[None]:
    """Inside, a signal stops every notebook that runs in a thread; call it in the main one."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _ELSEWHERE.stop_by_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _ELSEWHERE.forget()


@contextmanager
def stopping_all() -> Iterator[Callable[[BaseException], None]]:
    """Give what stops, from any thread and for the reason it is given, every notebook that runs in a thread.

    Whoever begins later, inside, is stopped too.
    """
    try:
        yield _ELSEWHERE.stop
    finally:
        _ELSEWHERE.forget()


@contextmanager
def on_signals(stop: Callable[[BaseException], None]) -> Iterator[None]:
    """Inside, the first signal calls ``stop`` with the reason, from the running event loop; further ones too.

    Only the main thread receives signals; in another one they come from ``pass_signals_on``. A signal that was
    ignored (``nohup``) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        with _ELSEWHERE.listening(stop):
            yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    caught = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in caught:
        loop.add_signal_handler(number, stop, Interrupted(number))
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
