"""The process with a real Redis and a real PostgreSQL: every alert once, whatever happens in the middle of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from prj_04.migrate import migrate
from prj_04.stream import DEAD_LETTERS, GROUP, STREAM
from tests.support import Receiver, Service, until

HOT = {"sequence": 1, "sensor": "boiler-1", "at": "2026-01-31T12:00:00Z", "value": 91}


def alerts(database: str) -> list[tuple[str, str, float]]:
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT rule, sensor, value FROM alerts.alert ORDER BY at, rule").fetchall()


def outbox(database: str) -> list[tuple[str, int, str]]:
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT key::text, attempts, refusal FROM alerts.outbox").fetchall()


def pending(redis: Any) -> int:
    return int(redis.xpending(STREAM, GROUP)["pending"])


def handled(redis: Any) -> bool:
    return [(group["lag"], group["pending"]) for group in redis.xinfo_groups(STREAM)] == [(0, 0)]


@contextmanager
def held_in_the_middle(database: str, service: Service, **environment: str) -> Iterator[None]:
    """Start the process and let it store no alert meanwhile; begins when a message is in hand and waits for that."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'alerts.alert'::regclass"
    with psycopg.connect(database) as connection, psycopg.connect(database, autocommit=True) as observer:
        connection.execute("LOCK TABLE alerts.alert IN EXCLUSIVE MODE")
        service.start(**environment)
        yield until(lambda: observer.execute(waiting).fetchone()[0])


def test_an_alert_is_stored_and_posted_once(database: str, redis: Any, service: Service, receiver: Receiver) -> None:
    service.start(WEBHOOK_URL=receiver.url)
    for fields in (HOT, HOT, {**HOT, "value": 12, "at": "2026-01-31T12:00:01Z"}):
        redis.xadd(STREAM, fields)
    until(lambda: handled(redis) and not outbox(database))
    assert alerts(database) == [("hot", "boiler-1", 91.0)]
    ((key, body),) = receiver.posts
    assert body == {
        "key": key,
        "rule": "hot",
        "condition": "> 90",
        "sensor": "boiler-1",
        "at": "2026-01-31T12:00:00+00:00",
        "value": 91.0,
    }
    assert service.kill(signal.SIGTERM) == 0
    assert redis.xinfo_consumers(STREAM, GROUP) == [], "who leaves in order is no member of the group any more"


def test_killed_with_a_message_in_hand_it_handles_it_again(database: str, redis: Any, service: Service) -> None:
    redis.xadd(STREAM, HOT)
    with held_in_the_middle(database, service):
        service.kill(signal.SIGKILL)
    assert pending(redis) == 1
    service.start(CLAIM_SECONDS="3600")  # its own message is not waited for
    until(lambda: handled(redis))
    assert alerts(database) == [("hot", "boiler-1", 91.0)]


def test_sigterm_finishes_the_message_in_hand(database: str, redis: Any, service: Service) -> None:
    redis.xadd(STREAM, HOT)
    redis.xadd(STREAM, {**HOT, "sensor": "boiler-2"})
    with held_in_the_middle(database, service):
        assert service.process
        service.process.send_signal(signal.SIGTERM)
        until(lambda: service.logged("draining"))
        assert service.ask("/ready") == (503, '{"error": "draining"}\n')
        assert service.ask("/health")[0] == 200
    assert service.ended() == 0
    assert alerts(database) == [("hot", "boiler-1", 91.0)]
    assert (pending(redis), redis.xinfo_groups(STREAM)[0]["lag"]) == (0, 1), "the second was not begun"


def test_after_its_bound_it_gives_up(database: str, redis: Any, service: Service) -> None:
    redis.xadd(STREAM, HOT)
    with held_in_the_middle(database, service, DRAIN_SECONDS="0.2"):
        assert service.kill(signal.SIGTERM) == 1
    assert pending(redis) == 1


def test_killed_between_post_and_answer_it_posts_again_with_the_same_key(
    database: str, redis: Any, service: Service, receiver: Receiver
) -> None:
    service.start(WEBHOOK_URL=receiver.url)
    receiver.on_post = lambda: service.process and service.process.kill()
    redis.xadd(STREAM, HOT)
    service.ended()
    receiver.on_post = lambda: None
    assert len(outbox(database)) == 1
    service.start(WEBHOOK_URL=receiver.url)
    until(lambda: not outbox(database))
    first, second = receiver.posts
    assert first == second


def test_a_receiver_that_refuses_or_hangs_up_is_asked_again(
    database: str, redis: Any, service: Service, receiver: Receiver
) -> None:
    receiver.answers = [503, 307, 0]
    service.start(WEBHOOK_URL=receiver.url)
    redis.xadd(STREAM, HOT)
    until(lambda: len(receiver.posts) == 4)
    until(lambda: not outbox(database))
    assert len({key for key, _ in receiver.posts}) == 1
    reasons = [line["reason"] for line in service.logged("alert not posted")]
    assert reasons == ["HTTP status 503", "HTTP status 307", "ProtocolError"]


def test_what_a_dead_consumer_had_in_hand_is_taken_over(database: str, redis: Any, service: Service) -> None:
    redis.xadd(STREAM, HOT)
    redis.xgroup_create(STREAM, GROUP, id="0")
    redis.xreadgroup(GROUP, "dead", {STREAM: ">"})
    service.start()
    until(lambda: handled(redis))
    assert alerts(database) == [("hot", "boiler-1", 91.0)]


def test_a_poison_message_goes_to_the_dead_letters_and_holds_nothing_up(
    database: str, redis: Any, service: Service
) -> None:
    poison = redis.xadd(STREAM, {**HOT, "value": "warm"})
    redis.xadd(STREAM, HOT)
    service.start(MAX_DELIVERIES="2")
    until(lambda: alerts(database))
    until(lambda: handled(redis))
    ((_, letter),) = redis.xrange(DEAD_LETTERS)
    assert letter == {
        b"dead-letter-id": poison,
        b"dead-letter-reason": b"value: 'warm' is no finite number",
        b"dead-letter-deliveries": b"2",
        b"sequence": b"1",
        b"sensor": b"boiler-1",
        b"at": b"2026-01-31T12:00:00Z",
        b"value": b"warm",
    }
    until(lambda: service.metric("prj_04_dead_letters") == 1)


@pytest.mark.parametrize("consumer", ["tested", "dead"])
def test_a_message_of_which_all_die_goes_to_the_dead_letters(
    database: str, redis: Any, service: Service, consumer: str
) -> None:
    deadly = redis.xadd(STREAM, HOT)
    redis.xgroup_create(STREAM, GROUP, id="0")
    redis.xreadgroup(GROUP, consumer, {STREAM: ">"})
    redis.xclaim(STREAM, GROUP, consumer, 0, [deadly])
    service.start(MAX_DELIVERIES="2")
    until(lambda: redis.xlen(DEAD_LETTERS))
    ((_, letter),) = redis.xrange(DEAD_LETTERS)
    assert letter[b"dead-letter-reason"] == b"was delivered 2 times and never acknowledged"
    assert alerts(database) == []


def test_dead_letters_are_put_back_by_replay(database: str, redis: Any, service: Service) -> None:
    redis.xadd(DEAD_LETTERS, {"dead-letter-reason": "…", **HOT})
    command = [sys.executable, "-m", "prj_04.replay"]
    done = subprocess.run(command, env=service.environment, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "prj-04: 1 dead letters put back into the stream\n"
    service.start()
    until(lambda: handled(redis))
    assert alerts(database) == [("hot", "boiler-1", 91.0)]
    assert redis.xlen(DEAD_LETTERS) == 0


def test_what_was_trimmed_away_is_said_to_be_lost(database: str, redis: Any, service: Service) -> None:
    redis.xadd(STREAM, HOT)
    redis.xgroup_create(STREAM, GROUP, id="0")
    redis.xreadgroup(GROUP, "tested", {STREAM: ">"})
    redis.xtrim(STREAM, maxlen=0)
    service.start()
    until(lambda: service.logged("message lost: trimmed from the stream before it was handled"))
    assert pending(redis) == 0


def test_what_was_trimmed_away_while_nobody_was_there_is_said_to_be_lost(
    database: str, redis: Any, service: Service
) -> None:
    first = redis.xadd(STREAM, HOT)
    redis.xgroup_create(STREAM, GROUP, id="0")
    redis.xreadgroup(GROUP, "before", {STREAM: ">"})
    redis.xack(STREAM, GROUP, first)
    for number in range(5):
        redis.xadd(STREAM, {**HOT, "sensor": f"boiler-{number}"}, maxlen=2, approximate=False)
    service.start()
    until(lambda: len(alerts(database)) == 2)
    (line,) = service.logged("messages lost: trimmed from the stream before they were taken")
    assert line["count"] == 3
    assert service.metric('prj_04_messages_total{outcome="trimmed"}') == 3


def test_readiness_follows_the_database_and_liveness_does_not(
    empty_database: str, redis: Any, service: Service
) -> None:
    redis.xadd(STREAM, HOT)
    service.start()
    until(lambda: service.logged("database lost"))
    until(lambda: 'schema \\"alerts\\" does not exist' in service.ask("/ready")[1])
    assert service.ask("/ready")[0] == 503
    assert service.ask("/health")[0] == 200
    assert pending(redis) == 0, "nothing is taken that could not be handled"
    migrate(empty_database)
    until(lambda: handled(redis) and service.ask("/ready") == (200, '{"status": "ready"}\n'))
    assert alerts(empty_database) == [("hot", "boiler-1", 91.0)]


def test_a_database_that_takes_nothing_is_lost_too(database: str, redis: Any, service: Service) -> None:
    service.start(DATABASE_URL=f"{database} options='-c default_transaction_read_only=on'")
    until(lambda: "the tables cannot be written to" in service.ask("/ready")[1])


def test_readiness_follows_the_broker(database: str, service: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"redis://:hush@127.0.0.1:{closed.getsockname()[1]}/0"
    service.start(BROKER_URL=url)
    until(lambda: "Connection refused" in service.ask("/ready")[1])
    assert service.ask("/health")[0] == 200
    assert service.kill(signal.SIGTERM) == 0
    assert "hush" not in str(service.lines)


def test_the_log_is_json_with_version_and_pod_and_no_secret(
    database: str, redis: Any, service: Service, receiver: Receiver
) -> None:
    receiver.answers = [500]
    service.start(WEBHOOK_URL=receiver.url, APP_VERSION="v9.9.9", LOG_LEVEL="debug")
    redis.xadd(STREAM, HOT)
    until(lambda: len(receiver.posts) == 2)
    service.kill(signal.SIGTERM)
    assert {(line["version"], line["pod"]) for line in service.lines} == {("v9.9.9", socket.gethostname())}
    assert "token" not in str(service.lines)


def test_a_signal_that_comes_while_it_still_imports_ends_it(tmp_path: Path) -> None:
    # Else the first process of a container would ignore it.
    (tmp_path / "psycopg.py").write_text("import time; time.sleep(60)")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[1] / 'src'}"}
    with subprocess.Popen([sys.executable, "-m", "prj_04"], env=environment) as process:
        try:
            status = Path(f"/proc/{process.pid}/status")
            until(lambda: int(status.read_text().partition("SigCgt:")[2].split()[0], 16) & 1 << signal.SIGTERM - 1)
            process.terminate()
            assert process.wait(120) == 0
        finally:
            process.kill()


def test_a_migration_that_reaches_no_database_says_so_in_one_line(service: Service) -> None:
    nowhere = "postgresql://app:hush@127.0.0.1:9,127.0.0.1:9/alerts"
    environment = {**service.environment, "DATABASE_URL": nowhere, "MIGRATE_SECONDS": "0"}
    command = [sys.executable, "-m", "prj_04.migrate"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith("prj-04: connection")
    assert "hush" not in ended.stderr


def test_a_migration_waits_for_a_database_that_is_still_starting(service: Service, empty_database: str) -> None:
    name = conninfo.conninfo_to_dict(empty_database)["dbname"]
    command = [sys.executable, "-m", "prj_04.migrate"]
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as other:
        other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        with subprocess.Popen(command, env=service.environment, stdout=subprocess.PIPE, text=True) as migration:
            with pytest.raises(subprocess.TimeoutExpired):
                migration.wait(1.5)
            other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            assert migration.communicate(timeout=120)[0] == "prj-04: applied 001_alerts.sql\n"
    assert alerts(empty_database) == []


def test_a_port_that_is_taken_is_one_line(database: str, service: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        environment = {**service.environment, "PORT": str(other.getsockname()[1]), **os.environ}
        environment["PYTHONPATH"] = service.environment["PYTHONPATH"]
        command = [sys.executable, "-m", "prj_04"]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("prj-04: PORT: cannot listen on 127.0.0.1:")
