"""Turn SIGINT, SIGTERM and SIGHUP into one orderly stop of the running notebook."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Interrupted", "on_signals"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(SystemExit):
    """A signal stopped the run; as the shell's custom is, the exit status is 128 and the signal's number.

    Attributes:
        signal_name: The signal, as in ``SIGTERM``.
    """

    def __init__(self, number: int) -> None:
        self.signal_name = signal.Signals(number).name
        super().__init__(128 + number)


@contextmanager
def on_signals(stop: Callable[[BaseException], None]) -> Iterator[None]:
    """Inside, the first signal calls ``stop`` with the reason, from the running event loop; further ones too.

    Only the main thread can receive signals; in another one this does nothing. A signal that was ignored
    (``nohup``) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
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
