"""Ask the PostgreSQL of a StatefulSet, in its own pod."""

from __future__ import annotations

from lab_helpers.errors import CheckFailed, LabError
from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _

__all__ = ["POD", "query"]

POD = "postgresql-0"
"""The server's only pod."""

_PSQL = ("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--username=lab")


def query(client: Client, namespace: str, database: str, statement: str) -> list[list[str]]:
    """The rows that a statement returns, each as its columns' texts.

    Args:
        client: The cluster.
        namespace: The server's.
        database: The database's name.
        statement: What is asked.

    Raises:
        CheckFailed: The server does not answer, or refuses it.
    """
    try:
        result = client.exec(POD, [*_PSQL, f"--dbname={database}", f"--command={statement}"], namespace)
        reason = result.stderr.strip() if result.returncode else ""
    except LabError as error:
        reason = error.reason
    if reason:
        raise CheckFailed(
            _("the database {database} to answer").format(database=database),
            seen=reason,
            hint=_("It is in the pod {pod} of {namespace}.").format(pod=POD, namespace=namespace),
            next_step=f"kubectl -n {namespace} get pods",
        )
    return [line.split("|") for line in result.stdout.splitlines() if line]
