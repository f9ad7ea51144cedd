"""The database of the Deploy repository on a cluster: what it has acknowledged is there, whatever happens to its pod.

    LAB_KILLS=20 .venv/bin/pytest tests/k8s/e2e/test_database.py

`LAB_KILLS` says how often PostgreSQL is killed (a few by default), `LAB_KILLS_SEED` when; pytest prints both.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lab_helpers import checkout, paths, shell, wait
from lab_helpers.cluster import choose, lifecycle
from lab_helpers.cluster.choose import provider
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.errors import LabError
from lab_helpers.images import application_images, applications, services
from tests import kills
from tests.commands import run_lab
from tests.integration.cluster.remains import assert_nothing_remains, processes

pytestmark = pytest.mark.cluster

_NAMESPACES = ("prj-01", "prj-02", "prj-03", "prj-04")
_SECONDS = 180.0
_LOAD_SECONDS = 1.0  # what the moments are spread over
_POSTMASTER = re.compile(r"^postgres -c listen_addresses")
_OF_THE_NODE = re.compile(r"/(kubelet|containerd) |^(/usr/bin/catatonit|node|python3|redis-server|postgres)")
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


class Staging:
    """A Deploy repository of its own, applied to a cluster of its own."""

    def __init__(self, name: str, directory: Path) -> None:
        self._name, self.repository = name, directory / "infra"
        shutil.copytree(checkout.infra_directory(), self.repository, ignore=shutil.ignore_patterns("*.env"))
        self.overlay = self.repository / "k8s/overlays/staging"
        self._environment = {"KUBECONFIG": run_lab("kubeconfig", "--name", name).stdout.strip()}
        self._registry = directory / "registry.json"
        self._push()
        shell.run([self.repository / "_shared/scripts/env/setup_env_secure.sh", "staging"])

    def _push(self) -> None:
        cluster = lifecycle.attach(choose.maker_of(self._name), self._name)
        assert cluster is not None
        for application in (*map(applications.load, applications.names()), *map(services.load, services.names())):
            application_images.push(application, cluster.registry, lambda line: None)
        cluster.registry.docker_config(self._registry)

    def apply(self) -> None:
        """Apply the overlay as somebody does who begins with an empty cluster, and wait for the database."""
        self.kubectl("apply", "-f", str(self.repository / "k8s/base/namespaces"))
        for namespace in _NAMESPACES:
            secret = ("create", "secret", "docker-registry", "ghcr-secret", "-n", namespace)
            with suppress(LabError):  # it is there already
                self.kubectl(*secret, f"--from-file=.dockerconfigjson={self._registry}")
        self.kubectl("apply", "-k", str(self.overlay))
        self.await_database()

    def await_database(self) -> None:
        """Wait until the database answers, through its Service."""

        def answers() -> bool:
            with suppress(LabError):
                return self.query("SELECT 1") == "1"
            return False

        wait.until(answers, seconds=_SECONDS, outcome="answer", object="postgresql-0")

    def migrate(self) -> None:
        """Run the migrations, as a person does."""
        script = self.repository / "_shared/scripts/migrate/run-migration-job.sh"
        shell.run([script], env=self._environment, timeout=_SECONDS)

    def deploy(self) -> shell.Completed:
        """Deploy as the script does, which goes back where it fails."""
        script = self.repository / "_shared/scripts/deploy/k8s-deploy.sh"
        return shell.run([script, "staging"], env=self._environment, check=False, timeout=2 * _SECONDS)

    def query(self, statement: str) -> str:
        """What a statement returns, as the owner of the database."""
        psql = ("psql", "--no-psqlrc", "-qtA", "--username=lab", "--dbname=lab", f"--command={statement}")
        return self.kubectl("-n", "prj-01", "exec", "postgresql-0", "--", *psql).strip()

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl; what it prints."""
        return shell.run(["kubectl", *arguments], env=self._environment, input=input, timeout=_SECONDS).stdout

    def release(self, tag: str) -> None:
        """Send a release of prj-02; whether it gets Ready is another question."""
        file = self.overlay / "prj-02/kustomization.yaml"
        file.write_text(re.sub(r"newTag: .*", f"newTag: {tag}", file.read_text()))
        self.kubectl("apply", "-k", str(self.overlay))

    def kill(self, pattern: re.Pattern[str]) -> int:
        """Kill what runs on the node by that name, and return how many processes that were."""
        layout = EmbeddedLayout(self._name, paths.state_directory(self._name) / "cluster", 0)
        pids = [pid for pid, command in processes(layout) if pattern.search(command)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    name = f"t-data-{uuid.uuid4().hex[:6]}"
    try:
        up = run_lab("up", "--name", name)
        assert up.returncode == 0, up.stderr
        deployed = Staging(name, tmp_path_factory.mktemp("staging"))
        deployed.apply()
        deployed.migrate()
        yield deployed
    finally:
        provider("embedded").delete(name)
        assert_nothing_remains(name)


def test_rows_outlive_releases_pods_the_node_and_the_overlay(staging: Staging) -> None:
    staging.query(
        "INSERT INTO project_1.scalp_trade (sensor, opened_at) SELECT 'kept', now() FROM generate_series(1, 9)"
    )
    rows = "SELECT count(*), md5(string_agg(scalp_trade::text, ' ' ORDER BY id)) FROM project_1.scalp_trade"
    written = staging.query(rows)
    assert written.startswith("9|")
    for event in (_bad_release, _rollback, _pod_deleted, _node_restarted, _overlay_deleted):
        event(staging)
        staging.await_database()
        assert staging.query(rows) == written, event.__name__


def _bad_release(staging: Staging) -> None:
    staging.release("v1.2.0")
    with pytest.raises(LabError, match="exceeded its progress deadline"):
        staging.kubectl("-n", "prj-02", "rollout", "status", "deployment/prj-02")


def _rollback(staging: Staging) -> None:
    staging.kubectl("-n", "prj-02", "rollout", "undo", "deployment/prj-02")
    staging.kubectl("-n", "prj-02", "rollout", "status", "deployment/prj-02")


def _pod_deleted(staging: Staging) -> None:
    staging.kubectl("-n", "prj-01", "delete", "pod", "postgresql-0")


def _node_restarted(staging: Staging) -> None:
    """As far as this node has a restart: its kubelet, its runtime and every container die at once."""
    assert staging.kill(_OF_THE_NODE) > 10


def _overlay_deleted(staging: Staging) -> None:
    staging.kubectl("delete", "-k", str(staging.overlay))
    assert staging.kubectl("get", "namespaces", "-o", "name").count("prj-0") == 0
    staging.apply()


def test_a_deployment_runs_its_migrations_first_and_a_bad_one_stops_it(staging: Staging) -> None:
    file = staging.repository / "_shared/migrations/006_add_note.sql"
    file.write_text(
        "-- +goose Up\nALTER TABLE project_1.scalp_trade ADD COLUMN note text NOT NULL REFERENCES nothing;\n"
    )
    patch = staging.overlay / "prj-02/patches/config-patch.yaml"
    patch.write_text(patch.read_text().replace("LOG_LEVEL: debug", "LOG_LEVEL: warn"))
    level = ("-n", "prj-02", "get", "configmap", "prj-02-config", "-o", "jsonpath={.data.LOG_LEVEL}")
    refused = staging.deploy()
    assert refused.returncode == 1, refused
    assert "its migrations have not run, as said above, and nothing was applied; next: " in refused.stderr
    assert staging.kubectl(*level) == "debug"
    file.write_text(file.read_text().replace(" NOT NULL REFERENCES nothing", ""))
    deployed = staging.deploy()
    assert deployed.returncode == 0, deployed
    assert "applied 006_add_note.sql" in deployed.stdout
    assert staging.kubectl(*level) == "warn"


@pytest.mark.timeout(600 + 60 * kills.number())
def test_no_acknowledged_row_is_lost_by_kills(staging: Staging, record_property: Callable[[str, object], None]) -> None:
    chance = random.Random(os.environ[kills.SEED])
    staging.kubectl("apply", "-f", "-", input=_WRITER)
    for _ in range(kills.number()):
        _await_rows(staging)
        time.sleep(chance.random() * _LOAD_SECONDS)  # the moment
        assert staging.kill(_POSTMASTER)  # one that it has just forked is called as it is
        # Another pod: Kubernetes lets a container that ends again and again wait for minutes.
        staging.kubectl("-n", "prj-01", "delete", "pod", "postgresql-0", "--grace-period=1")
        staging.await_database()
    _await_rows(staging)
    acknowledged = _acknowledged(staging)  # first: what is stored after it was acknowledged later
    stored = set(map(int, staging.query("SELECT id FROM project_1.scalp_trade WHERE sensor = 'killed'").split()))
    staging.kubectl("-n", "prj-01", "delete", "pod", "writer", "--grace-period=1")
    assert len(acknowledged) == len(set(acknowledged))
    assert set(acknowledged) - stored == set(), "acknowledged and lost"
    record_property("kills", kills.number())
    record_property("rows acknowledged", len(acknowledged))
    cut_off = {row for row in stored if row < acknowledged[-1]} - set(acknowledged)
    record_property("rows stored whose acknowledgement was cut off", len(cut_off))


def _acknowledged(staging: Staging) -> list[int]:
    return [int(line) for line in staging.kubectl("-n", "prj-01", "logs", "writer").split()]


def _await_rows(staging: Staging) -> None:
    """Wait until rows are acknowledged again."""

    def count() -> int:
        with suppress(LabError):  # it is not running yet
            return len(_acknowledged(staging))
        return 0

    before = count()
    wait.until(lambda: count() > before + 3, seconds=_SECONDS, outcome="write", object="pod/writer")
