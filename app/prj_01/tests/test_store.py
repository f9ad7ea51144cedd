from __future__ import annotations

import threading

import psycopg
import pytest

from prj_01 import store
from prj_01.database import Database
from prj_01.migrate import MIGRATIONS, migrate
from samples import BEGINNING, reading, readings


def _rows(database: Database, query: str) -> list[tuple]:
    with database.transaction() as connection:
        return connection.execute(query).fetchall()


def test_what_is_stored_twice_is_there_once(database):
    assert store.progress(database) == store.Progress(0, None)
    assert store.store(database, 0, readings(1, 2), publish=True) == 2
    assert store.store(database, 0, readings(1, 2, 3), publish=True) == 1
    assert _rows(database, "SELECT count(*) FROM readings.reading") == [(3,)]
    assert _rows(database, "SELECT count(*) FROM readings.outbox") == [(3,)], "and is published once"
    assert store.progress(database) == store.Progress(3, reading(3).at)


def test_progress_never_goes_back(database):
    store.store(database, 0, readings(5), publish=False)
    store.store(database, 0, readings(2), publish=False)
    assert store.progress(database).sequence == 5


def test_a_database_that_lost_something_says_up_to_where_it_has_the_feed(database):
    store.store(database, 0, readings(5), publish=False)
    with pytest.raises(store.Rewound) as caught:
        store.store(database, 8, readings(9), publish=False)
    assert caught.value.sequence == 5
    assert _rows(database, "SELECT count(*) FROM readings.reading") == [(1,)]


def test_without_a_broker_nothing_waits_for_one(database):
    store.store(database, 0, readings(1), publish=False)
    assert store.outbox_length(database) == 0


def test_minutes_are_aggregated_again_when_something_comes_late(database):
    store.store(database, 0, [reading(1, value=1.0), reading(2, value=5.0), reading(61, value=7.0)], publish=False)
    assert store.aggregate(database) == 2
    assert store.aggregate(database) == 0, "nothing has changed"
    late = [reading(59, value=0.0)]
    store.store(database, 61, [*late, reading(62, sensor="cellar")], publish=False)
    assert store.aggregate(database) == 2
    minutes = _rows(database, "SELECT sensor, minute, count, minimum, maximum, mean FROM readings.minute ORDER BY 1, 2")
    assert [minute[2:] for minute in minutes] == [(1, 1.5, 1.5, 1.5), (3, 0, 5, 2), (1, 7, 7, 7)]
    assert minutes[1][:2] == ("roof", BEGINNING)


def test_what_is_stored_while_its_minute_is_aggregated_is_not_forgotten(database, database_url):
    store.store(database, 0, readings(1), publish=False)
    other = Database(database_url)
    with other.transaction() as connection:
        connection.execute(store._STORE, _columns(2))  # stored, and not committed yet
        aggregating = threading.Thread(target=store.aggregate, args=[database])
        aggregating.start()
        aggregating.join(0.3)
        assert aggregating.is_alive(), "it waits"
    aggregating.join(10)
    other.close()
    assert _rows(database, "SELECT count FROM readings.minute") == [(2,)]


def _columns(*sequences: int) -> dict:
    columns = zip(*((r.sensor, r.at, r.value) for r in readings(*sequences)), strict=True)
    return {"publish": False, **dict(zip(("sensors", "times", "values"), map(list, columns), strict=True))}


def test_a_connection_that_was_lost_is_made_anew(database, database_url):
    with pytest.raises(psycopg.OperationalError), database.transaction() as connection:
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
        connection.execute("SELECT 1")
    assert store.progress(database).sequence == 0


def test_migrating_again_changes_nothing(empty_database_url):
    assert migrate(empty_database_url) == sorted(file.name for file in MIGRATIONS.glob("*.sql"))
    assert migrate(empty_database_url) == []


def test_two_that_migrate_at_once_do_not_collide(empty_database_url):
    applied: list[list[str]] = []
    threads = [threading.Thread(target=lambda: applied.append(migrate(empty_database_url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(len, applied)) == [0, 0, 0, 2]


def test_a_migration_that_is_refused_leaves_nothing(empty_database_url, tmp_path):
    (tmp_path / "1.sql").write_text("CREATE TABLE readings.new (x int)")
    (tmp_path / "2.sql").write_text("CREATE TABLE wrong")
    with pytest.raises(psycopg.Error):
        migrate(empty_database_url, tmp_path)
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT to_regclass('readings.new')").fetchone() == (None,)


def test_every_migration_bears_being_applied_again(database_url):
    with psycopg.connect(database_url) as connection:
        for file in sorted(MIGRATIONS.glob("*.sql")):
            connection.execute(file.read_bytes())
