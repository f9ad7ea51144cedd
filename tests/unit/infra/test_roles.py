"""The logins of the database, on a real PostgreSQL: each project may do what it needs, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lab_helpers import checkout, shell
from lab_helpers.errors import CommandFailed
from tests import migrations
from tests.backing_services import Database, postgresql_server

_LOGINS = ("prj_01", "prj_02", "prj_03", "prj_04")
_PASSWORDS = {"POSTGRES_PASSWORD": "of-the-owner", **{f"{login.upper()}_PASSWORD": f"of-{login}" for login in _LOGINS}}
_READING = "INSERT INTO readings.reading VALUES ('boiler', now(), 1)"
_ORDER = "INSERT INTO project_2.swing_order (quantity, total) VALUES (1, 12.5)"
_POSITION = """
INSERT INTO shared.portfolio_position VALUES ('project_2', 1)
ON CONFLICT (project) DO UPDATE SET quantity = portfolio_position.quantity + 1
"""
_REPORT = "INSERT INTO reports.report (\"window\", body) VALUES (now()::text, '')"
_ALERT = "INSERT INTO alerts.outbox (key, body) VALUES (gen_random_uuid(), '')"
_TRADE = "INSERT INTO project_1.scalp_trade (sensor, opened_at) VALUES ('boiler', now())"


class Roles:
    """A database with the roles of the Deploy repository, each project's tables and the migrations."""

    def __init__(self, server: Database) -> None:
        self._server = server
        self.url = server.create()

    def apply(self) -> str:
        """Run what the server runs at each start; what was printed."""
        config = yaml.safe_load((checkout.infra_directory() / "k8s/base/configmaps/postgresql-roles.yaml").read_text())
        psql = Path(self._server.ping[0]).with_name("psql")
        argv = [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={self.url}"]
        environment = {**os.environ, **self._server.environment, **_PASSWORDS}
        ran = shell.run([*map(str, argv)], env=environment, input=config["data"]["roles.sql"])
        return ran.stdout + ran.stderr

    def migrate(self, as_login: bool) -> None:
        """Make the projects' own tables, as their login or as the owner, and then the shared ones."""
        for project, login in (("prj_01", "prj_01"), ("prj_03", "prj_03"), ("prj_04", "prj_04")):
            for file in sorted((checkout.app_directory() / project / "migrations").glob("*.sql")):
                self.query(file.read_text(), login if as_login else "postgres")
        code, output = migrations.up(self.url)
        assert code == 0, output

    def query(self, statement: str, login: str) -> str:
        """What a statement returns to a login."""
        return self._server.query(statement, self.url.replace("//postgres@", f"//{login}@"))


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    """Roles are the server's, so that this one is of its own."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=["new", "old"])
def roles(request: pytest.FixtureRequest, server: Database) -> Roles:
    """A data directory that is new, and one from before, in which the owner has made all."""
    roles = Roles(server)
    if request.param == "new":
        roles.apply()
        roles.migrate(as_login=True)
    else:
        roles.migrate(as_login=False)
    roles.apply()
    return roles


def test_each_may_do_what_it_needs(roles: Roles) -> None:
    for login, statements in {
        "prj_01": (_READING, "DELETE FROM readings.outbox", _TRADE, "CREATE SCHEMA IF NOT EXISTS readings"),
        "prj_02": ("TABLE readings.reading", "TABLE readings.minute", _ORDER, "TABLE project_2.swing_order", _POSITION),
        "prj_03": ("TABLE readings.reading", _REPORT, "CREATE SCHEMA IF NOT EXISTS reports"),
        "prj_04": (_ALERT, "TABLE alerts.alert", "CREATE SCHEMA IF NOT EXISTS alerts"),
    }.items():
        for statement in statements:
            roles.query(statement, login)


@pytest.mark.parametrize("roles", ["new"], indirect=True)
@pytest.mark.parametrize(
    ("login", "statement"),
    [
        ("prj_01", _ORDER),
        ("prj_01", "TABLE reports.report"),
        ("prj_02", _READING),
        ("prj_02", "TABLE alerts.alert"),
        ("prj_02", "DELETE FROM project_2.swing_order"),
        ("prj_02", "CREATE SCHEMA more"),
        ("prj_02", "CREATE TABLE public.more ()"),
        ("prj_03", "DELETE FROM readings.reading"),
        ("prj_03", "TABLE project_2.swing_order"),
        ("prj_04", "TABLE readings.reading"),
        ("prj_04", "DROP SCHEMA readings"),
        ("prj_04", "TABLE public.goose_db_version"),
        ("prj_01", "TABLE pg_authid"),
    ],
)
def test_each_may_do_nothing_else(roles: Roles, login: str, statement: str) -> None:
    with pytest.raises(CommandFailed, match=r"permission denied|must be owner"):
        roles.query(statement, login)


def test_none_is_more_than_a_login_and_each_has_its_password(roles: Roles) -> None:
    flags = "rolcanlogin AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)"
    stored = f"SELECT rolname FROM pg_authid WHERE rolname ~ '^prj' AND {flags} AND rolpassword ~ '^SCRAM' ORDER BY 1"
    assert tuple(roles.query(stored, "postgres").split()) == _LOGINS
    connect = (
        "SELECT has_database_privilege(current_database(), 'CONNECT'), has_database_privilege('postgres', 'CONNECT')"
    )
    for login in _LOGINS:
        assert roles.query(connect, login) == "t|f"


def test_a_password_that_is_missing_stops_the_start_and_none_is_printed(
    server: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(_PASSWORDS, "PRJ_03_PASSWORD")
    with pytest.raises(CommandFailed) as refused:
        Roles(server).apply()
    shown = f"{refused.value}{(server.directory / 'log').read_text()}"
    assert "syntax error" in shown
    assert not any(password in shown for password in _PASSWORDS.values())
