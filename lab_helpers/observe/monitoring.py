"""What Prometheus and the alert receiver of add-on monitoring answer, asked through the API server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["NAMESPACE", "Monitoring", "Notification", "Rule", "Sample", "Series", "Target"]

NAMESPACE = "monitoring"

_PROMETHEUS = f"/api/v1/namespaces/{NAMESPACE}/services/prometheus:http/proxy/api/v1"
_RECEIVER = f"/api/v1/namespaces/{NAMESPACE}/services/alert-receiver:http/proxy/alerts"


@dataclass(frozen=True)
class Target:
    """An address that Prometheus scrapes.

    Attributes:
        labels: What its series are labelled with: ``job``, ``namespace``, ``service``, ``pod``, …
        url: The address.
        is_up: Whether the last scrape succeeded.
        error: Why it did not; empty where it did, or was not tried yet.
    """

    labels: Mapping[str, str]
    url: str
    is_up: bool
    error: str


@dataclass(frozen=True)
class Rule:
    """An alert rule as Prometheus has loaded it.

    Attributes:
        name: The alert's.
        health: ``ok``, ``err``, or ``unknown`` until it was evaluated.
    """

    name: str
    health: str


@dataclass(frozen=True)
class Notification:
    """An alert as it arrived at the receiver.

    Attributes:
        name: The alert's.
        status: ``firing`` or ``resolved``.
        time: When it arrived, in UTC as ISO 8601.
        labels: The alert's, its name among them.
        summary: The annotation of that name.
        runbook: The address of what to do; empty where the rule has none.
    """

    name: str
    status: str
    time: str
    labels: Mapping[str, str]
    summary: str
    runbook: str


@dataclass(frozen=True)
class Sample:
    """One value of a series, now.

    Attributes:
        labels: The series'.
        value: NaN where it is none.
    """

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Series:
    """The values of a series over a time.

    Attributes:
        labels: The series'.
        points: Unix time in seconds, and value.
    """

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


class Monitoring:
    """Asks Prometheus and the alert receiver.

    Every method raises ``LabError`` where the add-on is not there, or does not answer, or refuses the question.

    Args:
        read: What an address of the API server holds; None where there is nothing.
    """

    def __init__(self, read: Callable[[str], Object | None]) -> None:
        self._read = read

    def targets(self) -> list[Target]:
        """What is scraped, or was not yet."""
        active = self._ask("/targets", state="active")["activeTargets"]
        return [Target(each["labels"], each["scrapeUrl"], each["health"] == "up", each["lastError"]) for each in active]

    def rules(self) -> list[Rule]:
        """The alert rules that are loaded."""
        groups = self._ask("/rules", type="alert")["groups"]
        return [Rule(rule["name"], rule["health"]) for group in groups for rule in group["rules"]]

    def query(self, expression: str) -> list[Sample]:
        """What an expression is now; empty where no series matches."""
        vector = self._ask("/query", query=expression)["result"]
        return [Sample(each["metric"], float(each["value"][1])) for each in vector]

    def query_range(self, expression: str, start: float, end: float, step_seconds: float) -> list[Series]:
        """What an expression was from one Unix time until another."""
        parameters = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step_seconds:g}"}
        matrix = self._ask("/query_range", query=expression, **parameters)["result"]
        return [
            Series(each["metric"], tuple((float(time), float(value)) for time, value in each["values"]))
            for each in matrix
        ]

    def notifications(self) -> list[Notification]:
        """What has arrived at the receiver, the oldest first."""
        answer = self._read(_RECEIVER)
        if answer is None:
            raise self._absent(_RECEIVER)
        return [
            Notification(each["alert"], each["status"], each["time"], each["labels"], each["summary"], each["runbook"])
            for each in answer["alerts"]
        ]

    def _ask(self, path: str, **parameters: str) -> Object:
        address = f"{_PROMETHEUS}{path}" + (f"?{urlencode(parameters, quote_via=quote)}" if parameters else "")
        answer = self._read(address)
        if answer is None:
            raise self._absent(address)
        content: Object = answer["data"]
        return content

    def _absent(self, address: str) -> LabError:
        return LabError(
            _("nothing answers there: is add-on monitoring installed?"),
            object=address.partition("?")[0],
            next_step=f"kubectl -n {NAMESPACE} get pods",
        )
