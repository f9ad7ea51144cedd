"""Alerts in PostgreSQL: each stored once, with what has to be posted, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

from prj_04.database import Database
from prj_04.rules import Alert

__all__ = ["body", "store"]

_STORE = """
WITH raised AS (
    INSERT INTO alerts.alert (rule, sensor, at, value, condition, key)
    VALUES (%(rule)s, %(sensor)s, %(at)s, %(value)s, %(condition)s, %(key)s)
    ON CONFLICT DO NOTHING
    RETURNING key
), posted AS (
    INSERT INTO alerts.outbox (key, body)
    SELECT key, %(body)s FROM raised WHERE %(is_posted)s
    ON CONFLICT DO NOTHING
)
SELECT key FROM raised
"""


def store(database: Database, alerts: Sequence[Alert], *, is_posted: bool) -> list[Alert]:
    """Store the alerts that are not there yet, durably, and return those.

    Args:
        database: Where.
        alerts: Of one reading; all are stored, or none.
        is_posted: Whether they go to the webhook too.

    Raises:
        DatabaseOutageError: They may be stored or not; storing them again is safe.
        ValueRefusedError: One cannot be stored.
    """
    if not alerts:
        return []
    with database.transaction() as connection:
        return [alert for alert in alerts if connection.execute(_STORE, _row(alert, is_posted)).fetchone()]


def body(alert: Alert) -> str:
    """What is posted of an alert, as JSON."""
    reading = alert.reading
    return json.dumps(
        {
            "key": str(alert.key),
            "rule": alert.rule.name,
            "condition": alert.condition,
            "sensor": reading.sensor,
            "at": reading.at.isoformat(),
            "value": reading.value,
        },
        ensure_ascii=False,
    )


def _row(alert: Alert, is_posted: bool) -> dict[str, object]:
    return {
        "rule": alert.rule.name,
        "sensor": alert.reading.sensor,
        "at": alert.reading.at,
        "value": alert.reading.value,
        "condition": alert.condition,
        "key": alert.key,
        "body": body(alert),
        "is_posted": is_posted,
    }
