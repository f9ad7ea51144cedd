"""What a selector reports as ready, without what has been unregistered since it was asked."""

from __future__ import annotations

import selectors
from collections.abc import Iterator

__all__ = ["ready_keys"]


def ready_keys(selector: selectors.BaseSelector, seconds: float | None) -> Iterator[selectors.SelectorKey]:
    """The keys that are ready, one after another, each of them still registered when its turn comes.

    Whoever handles one may unregister another of them and close its descriptor, whose number the next one to be
    opened gets.

    Args:
        selector: Where they are registered.
        seconds: How long to wait for the first; None waits until there is one.
    """
    for key, _events in selector.select(seconds):
        if selector.get_map().get(key.fd) is key:
            yield key
