"""The periodic worker: brings the aggregates of minutes up to date."""

from __future__ import annotations

import psycopg

from prj_01 import store
from prj_01.database import Database
from prj_01.log import logger, reason
from prj_01.metrics import Metrics

__all__ = ["Aggregator"]


class Aggregator:
    """Aggregates the minutes that have got readings since its last run.

    Args:
        database: Has the readings.
        metrics: Counts the minutes.
    """

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics

    def run(self) -> None:
        """Aggregate once; what fails is done by the next run."""
        try:
            count = store.aggregate(self._database)
        except psycopg.Error as error:
            self._metrics.failures.labels("aggregate").inc()
            logger.warning("aggregating failed", extra={"reason": reason(error)})
            return
        self._metrics.aggregated.inc(count)
        logger.debug("aggregated", extra={"minutes": count})
