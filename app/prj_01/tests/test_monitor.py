from __future__ import annotations

import threading

import psycopg

from prj_01 import store
from prj_01.buffer import Buffer
from prj_01.database import Database
from prj_01.metrics import Metrics
from prj_01.monitor import Monitor


def test_it_looks_again_by_itself_and_metric_and_readiness_agree(monkeypatch):
    stopping, looks = threading.Event(), iter((True, False, None))

    def look(_database: Database) -> bool:
        answer = next(looks)
        if answer is None:
            stopping.set()
            raise psycopg.OperationalError("gone")
        seen.append((monitor.problem, metrics.registry.get_sample_value("prj_01_database_up")))
        return answer

    seen: list = []
    monkeypatch.setattr(store, "is_writable", look)
    monkeypatch.setattr(store, "progress", lambda _database: store.Progress(0, None))
    monkeypatch.setattr(store, "outbox_length", lambda _database: 0)
    metrics = Metrics("v9.9.9")
    monitor = Monitor(Database("postgresql://db"), Buffer(1), metrics, stopping, 0.01)
    monitor.run()
    seen.append((monitor.problem, metrics.registry.get_sample_value("prj_01_database_up")))
    assert seen == [("the database was not reached yet", 0), ("", 1), ("database: gone", 0)]
