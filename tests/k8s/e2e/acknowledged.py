"""A pod that writes rows and reads each again, and what the database has acknowledged to it."""

from __future__ import annotations

from contextlib import suppress

from lab_helpers import wait
from lab_helpers.errors import LabError
from tests.k8s.e2e.deployed import Deployed

__all__ = ["WRITER", "acknowledged", "await_rows", "missing", "stored"]

_SECONDS = 180.0
WRITER = """
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
  # It outlives the other nodes.
  affinity:
    nodeAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 100
          preference:
            matchExpressions:
              - key: node-role.kubernetes.io/control-plane
                operator: Exists
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
          ask() { psql "$DATABASE_URL?$PATIENCE" --no-psqlrc -qtAc "$1" 2>/dev/null; }
          while sleep 0.1; do
            if row=$(ask "
              INSERT INTO project_1.scalp_trade (sensor, opened_at) VALUES ('killed', now()) RETURNING id
            "); then
              echo "$row"
              last=$row
            fi
            if count=$(ask "SELECT count(*) FROM project_1.scalp_trade WHERE id = ${last:-0}"); then
              [ -z "$last" ] || [ "$count" = 1 ] || echo "missing $last"
            fi
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
"""Its manifest; a row is acknowledged once its number is printed."""


def acknowledged(deployed: Deployed) -> list[int]:
    """The numbers of the rows, in the order in which they were acknowledged."""
    return [int(line) for line in _printed(deployed) if line.isdecimal()]


def missing(deployed: Deployed) -> list[str]:
    """What it says of rows that were acknowledged and not there when they were read."""
    return [line for line in _printed(deployed) if not line.isdecimal()]


def stored(deployed: Deployed) -> set[int]:
    """The numbers of the rows that are there."""
    ids = "SELECT string_agg(id::text, '|') FROM project_1.scalp_trade WHERE sensor = 'killed'"
    return set(map(int, deployed.query(ids)))


def await_rows(deployed: Deployed, seconds: float = _SECONDS) -> None:
    """Wait until rows are acknowledged again."""

    def count() -> int | None:
        with suppress(LabError):  # it is not running yet, or nobody answers who knows
            return len(acknowledged(deployed))
        return None

    before: list[int] = []

    def has_more() -> bool:
        number = count()
        if number is not None:
            before.append(number)
        return bool(before) and before[-1] > before[0] + 3

    wait.until(has_more, seconds=seconds, outcome="write", object="pod/writer")


def _printed(deployed: Deployed) -> list[str]:
    return deployed.kubectl("-n", "prj-01", "logs", "writer").splitlines()
