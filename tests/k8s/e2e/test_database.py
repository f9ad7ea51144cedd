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
from tests.k8s.e2e.deployed import Deployed

pytestmark = pytest.mark.cluster

_SECONDS = 180.0
_LOAD_SECONDS = 1.0  # what the moments are spread over
_POSTMASTER = "^postgres -c listen_addresses"
# A row is acknowledged once its number is printed.
_WRITER = """
apiVersion: v1
kind: Pod
metadata:
  name: writer
  namespace: prj-01
  labels:
    app: migrate
spec:
  imagePullSecrets:
    - name: ghcr-secret
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 1
  securityContext:
    runAsNonRoot: true
    runAsUser: 999
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: writer
      image: ghcr.io/org/postgresql:v15.0.0
      command: [sh, -c]
      args:
        - |
          while :; do
            psql "$DATABASE_URL?$PATIENCE" --no-psqlrc -qtAc "
              INSERT INTO project_1.scalp_trade (sensor, opened_at) VALUES ('killed', now()) RETURNING id
            " 2>/dev/null || sleep 0.1
          done
      env:
        # A server that is gone with its network says nothing any more: it is waited for by the second.
        - name: PATIENCE
          value: connect_timeout=2&tcp_user_timeout=2000&keepalives_idle=1&keepalives_interval=1&keepalives_count=2
      envFrom:
        - secretRef:
            name: prj-01-secrets
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
"""


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
    staging.kubectl("apply", "-f", "-", input=_WRITER)
    for _ in range(kills.number()):
        _await_rows(staging)
        time.sleep(chance.random() * _LOAD_SECONDS)  # the moment
        assert staging.kill(_POSTMASTER)  # one that it has just forked is called as it is
        # Another pod: Kubernetes lets a container that ends again and again wait for minutes.
        staging.kubectl("-n", "prj-01", "delete", "pod", "postgresql-0", "--grace-period=1")
        _await_database(staging)
    _await_rows(staging)
    acknowledged = _acknowledged(staging)  # first: what is stored after it was acknowledged later
    ids = "SELECT string_agg(id::text, '|') FROM project_1.scalp_trade WHERE sensor = 'killed'"
    stored = set(map(int, staging.query(ids)))
    staging.kubectl("-n", "prj-01", "delete", "pod", "writer", "--grace-period=1")
    assert len(acknowledged) == len(set(acknowledged))
    assert set(acknowledged) - stored == set(), "acknowledged and lost"
    record_property("kills", kills.number())
    record_property("rows acknowledged", len(acknowledged))
    cut_off = {row for row in stored if row < acknowledged[-1]} - set(acknowledged)
    record_property("rows stored whose acknowledgement was cut off", len(cut_off))


def _await_database(staging: Deployed) -> None:
    def answers() -> bool:
        with suppress(LabError):
            return staging.query("SELECT 1") == ("1",)
        return False

    wait.until(answers, seconds=_SECONDS, outcome="answer", object="postgresql-0")


def _acknowledged(staging: Deployed) -> list[int]:
    return [int(line) for line in staging.kubectl("-n", "prj-01", "logs", "writer").split()]


def _await_rows(staging: Deployed) -> None:
    """Wait until rows are acknowledged again."""

    def count() -> int:
        with suppress(LabError):  # it is not running yet
            return len(_acknowledged(staging))
        return 0

    before = count()
    wait.until(lambda: count() > before + 3, seconds=_SECONDS, outcome="write", object="pod/writer")
