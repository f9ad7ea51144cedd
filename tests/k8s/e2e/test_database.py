"""The database of the Deploy repository on a cluster: what it has acknowledged is there, whatever happens to its pod.

    LAB_KILLS=20 .venv/bin/pytest tests/k8s/e2e/test_database.py

`LAB_KILLS` says how often PostgreSQL is killed (a few by default), `LAB_KILLS_SEED` when; pytest prints both.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from lab_helpers import wait
from lab_helpers.errors import LabError
from tests import kills
from tests.k8s.e2e.acknowledged import WRITER, acknowledged, await_rows, stored
from tests.k8s.e2e.deployed import Deployed

pytestmark = pytest.mark.cluster

_SECONDS = 180.0
_LOAD_SECONDS = 1.0  # what the moments are spread over
_POSTMASTER = "^postgres -c listen_addresses"


@pytest.fixture(scope="module")
def staging(lab_name: str, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    deployed = Deployed(lab_name, tmp_path_factory.mktemp("staging"))
    deployed.deploy("staging")
    deployed.script("migrate/run-migration-job.sh")
    return deployed


def test_a_deployment_runs_its_migrations_first_and_a_bad_one_stops_it(staging: Deployed) -> None:
    file = staging.repository / "_shared/migrations/006_add_note.sql"
    file.write_text(
        "-- +goose Up\nALTER TABLE project_1.scalp_trade ADD COLUMN note text NOT NULL REFERENCES nothing;\n"
    )
    patch = staging.overlay("staging") / "prj-02/patches/config-patch.yaml"
    patch.write_text(patch.read_text().replace("LOG_LEVEL: debug", "LOG_LEVEL: warn"))
    level = ("-n", "prj-02", "get", "configmap", "prj-02-config", "-o", "jsonpath={.data.LOG_LEVEL}")
    refused = staging.script("deploy/k8s-deploy.sh", "staging", check=False)
    assert refused.returncode == 1, refused
    assert "its migrations have not run, as said above, and nothing was applied; next: " in refused.stderr
    assert staging.kubectl(*level) == "debug"
    file.write_text(file.read_text().replace(" NOT NULL REFERENCES nothing", ""))
    deployed = staging.script("deploy/k8s-deploy.sh", "staging", check=False)
    assert deployed.returncode == 0, deployed
    assert "applied 006_add_note.sql" in deployed.stdout
    assert staging.kubectl(*level) == "warn"


@pytest.mark.timeout(600 + 60 * kills.number())
def test_no_acknowledged_row_is_lost_by_kills(
    staging: Deployed, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(os.environ[kills.SEED])
    staging.kubectl("apply", "-f", "-", input=WRITER)
    for _ in range(kills.number()):
        await_rows(staging)
        time.sleep(chance.random() * _LOAD_SECONDS)  # the moment
        assert staging.kill(_POSTMASTER)  # one that it has just forked is called as it is
        # Another pod: Kubernetes lets a container that ends again and again wait for minutes.
        staging.kubectl("-n", "prj-01", "delete", "pod", "postgresql-0", "--grace-period=1")
        _await_database(staging)
    await_rows(staging)
    numbers = acknowledged(staging)  # first: what is stored after it was acknowledged later
    rows = stored(staging)
    staging.kubectl("-n", "prj-01", "delete", "pod", "writer", "--grace-period=1")
    assert len(numbers) == len(set(numbers))
    assert set(numbers) - rows == set(), "acknowledged and lost"
    record_property("kills", kills.number())
    record_property("rows acknowledged", len(numbers))
    cut_off = {row for row in rows if row < numbers[-1]} - set(numbers)
    record_property("rows stored whose acknowledgement was cut off", len(cut_off))


def _await_database(staging: Deployed) -> None:
    def answers() -> bool:
        with suppress(LabError):
            return staging.query("SELECT 1") == ("1",)
        return False

    wait.until(answers, seconds=_SECONDS, outcome="answer", object="postgresql-0")
