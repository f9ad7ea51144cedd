"""The webhook: posts the alerts of the outbox until the receiver has taken each."""

from __future__ import annotations

from threading import Event

import urllib3

from prj_04.backoff import Backoff
from prj_04.database import Database, DatabaseOutageError
from prj_04.log import LOG, fields
from prj_04.metrics import Metrics

__all__ = ["Delivery"]

_POST_SECONDS = 5.0
_POLL_SECONDS = 2.0  # after which an alert that another replica stored, and could not post, is seen
_LONGEST_RETRY_SECONDS = 300.0

# The row is locked until the answer is there: no other replica posts it meanwhile, and a process that dies unlocks it.
_NEXT = """
SELECT key, body, attempts FROM alerts.outbox
WHERE due_at <= now() ORDER BY due_at LIMIT 1
FOR UPDATE SKIP LOCKED
"""
_DONE = "DELETE FROM alerts.outbox WHERE key = %s"
_LATER = """
UPDATE alerts.outbox
SET attempts = attempts + 1, refusal = %(refusal)s, due_at = now() + make_interval(secs => %(seconds)s)
WHERE key = %(key)s
"""


class Delivery:
    """Posts alerts at least once each; an alert's key is its Idempotency-Key, by which the receiver knows a repetition.

    Args:
        url: The webhook's.
        database: Where the outbox is.
        stopping: Set when the process ends.
        metrics: Counts what happens.
    """

    def __init__(self, url: str, database: Database, stopping: Event, metrics: Metrics) -> None:
        self._url = url
        self._database = database
        self._stopping = stopping
        self._metrics = metrics
        self._stored = Event()
        self._pool = urllib3.PoolManager(
            num_pools=1, maxsize=1, retries=False, timeout=urllib3.Timeout(total=_POST_SECONDS)
        )

    def wake(self) -> None:
        """Look at the outbox at once: something was stored, or the process ends."""
        self._stored.set()

    def run(self) -> None:
        """Post what is due until the process ends; a database that is lost is waited for."""
        backoff = Backoff()
        while not self._stopping.is_set():
            self._stored.clear()
            try:
                self._stored.wait(self._post_next())
                backoff.reset()
            except DatabaseOutageError as error:
                LOG.warning("database lost", extra=fields(reason=str(error)))
                self._stopping.wait(backoff.next_seconds())
        self._database.close()

    def _post_next(self) -> float:
        """Post the alert that is due longest, and return how many seconds nothing more can be done."""
        with self._database.transaction() as connection:
            row = connection.execute(_NEXT).fetchone()
            if row is None:
                return _POLL_SECONDS
            key, body, attempts = row
            refusal = self._post(str(key), body)
            seconds = min(_LONGEST_RETRY_SECONDS, 0.25 * 2.0 ** min(attempts, 30)) if refusal else 0.0
            if refusal:
                connection.execute(_LATER, {"key": key, "refusal": refusal, "seconds": seconds})
            else:
                connection.execute(_DONE, [key])
        self._metrics.posts.labels("refused" if refusal else "accepted").inc()
        if refusal:
            LOG.warning("alert not posted", extra=fields(key=key, reason=refusal, attempts=attempts + 1))
        return min(seconds, _POLL_SECONDS)

    def _post(self, key: str, body: str) -> str:
        """Why the receiver did not take an alert; empty if it did."""
        headers = {"content-type": "application/json", "idempotency-key": key, "user-agent": "prj-04"}
        try:
            # Redirects are not followed: they would turn the request into another.
            response = self._pool.request(
                "POST", self._url, body=body.encode(), headers=headers, redirect=False, preload_content=False
            )
            response.close()  # what the receiver has to say beyond the status is not waited for
        except urllib3.exceptions.HTTPError as error:
            # Not what it says: that may quote the URL, which is secret.
            return type(error).__name__
        return "" if 200 <= response.status < 300 else f"HTTP status {response.status}"
