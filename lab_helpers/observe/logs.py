"""What the log store of add-on logs holds, asked in LogsQL through the API server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["NAMESPACE", "Count", "LogStore"]

NAMESPACE = "logging"

_STORE = f"/api/v1/namespaces/{NAMESPACE}/services/victoria-logs:http/proxy/select/logsql"


@dataclass(frozen=True)
class Count:
    """How many entries have the same values in some fields.

    Attributes:
        fields: The fields and their values; one that an entry lacks is empty.
        entries: How many.
    """

    fields: Mapping[str, str]
    entries: int


class LogStore:
    """Asks the log store.

    Args:
        read: What an address of the API server holds; None where there is nothing.
    """

    def __init__(self, read: Callable[[str], Object | None]) -> None:
        self._read = read

    def count(self, query: str, *fields: str) -> list[Count]:
        """How many entries a query matches, by the values of some fields; empty where none matches.

        Args:
            query: In LogsQL, without a pipe.
            fields: What to count by, as in ``kubernetes.pod_name``.

        Raises:
            LabError: The add-on is not there, or does not answer, or refuses the query.
        """
        pipe = f"stats by ({', '.join(map(_quoted, fields))}) count() entries"
        parameters = urlencode({"query": f"{query} | {pipe}"}, quote_via=quote)
        answer = self._read(f"{_STORE}/stats_query?{parameters}")
        if answer is None:
            raise LabError(
                _("nothing answers there: is add-on logs installed?"),
                object=_STORE,
                next_step=f"kubectl -n {NAMESPACE} get pods",
            )
        series = answer["data"]["result"]
        return [
            Count({field: each["metric"].get(field, "") for field in fields}, int(each["value"][1])) for each in series
        ]


def _quoted(field: str) -> str:
    return f'"{field}"'
