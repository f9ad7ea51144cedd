"""What the controller behind the door has counted: how many requests each host got, and how they were answered."""

from __future__ import annotations

import re
from collections import Counter

from lab_helpers import CheckContext
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.tables import Table
from labs.lab_06_expand import routing

__all__ = ["by_host", "table"]

_METRICS = "/api/v1/namespaces/kube-system/services/traefik:metrics/proxy/metrics"
_SAMPLE = re.compile(
    r'traefik_(?P<scope>router|entrypoint)_requests_total\{(?P<labels>(?:\w+="[^"]*",?)+)\} (?P<count>\S+)'
)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_DOOR = "websecure"
"""The entry point that serves; the other one only says where to come back."""

Counts = dict[str, Counter[str]]
"""How many requests there were, by host and status; ``""`` is any host without a rule."""


def table(lab: CheckContext) -> Table:
    """A row for each host, and one for all that nobody has a rule for: since the controller began."""
    counts = by_host(lab.client.text(_METRICS))
    statuses = sorted(set().union(*counts.values()))
    rows = [
        [host or _("any other"), str(counts[host].total()), *(str(counts[host][status] or "") for status in statuses)]
        for host in counts
    ]
    return Table([_("host"), _("requests"), *statuses], rows)


def by_host(metrics: str) -> Counts:
    """The counts in the controller's metrics.

    Args:
        metrics: In Prometheus' text format, with labels for routers.
    """
    counts: Counts = {host: Counter() for host in (*routing.HOSTS, "")}
    for sample in _SAMPLE.finditer(metrics):
        labels, count = dict(_LABEL.findall(sample["labels"])), int(float(sample["count"]))
        if sample["scope"] == "entrypoint":
            if labels["entrypoint"] == _DOOR:
                counts[""][labels["code"]] += count
            continue
        host = next((host for host in routing.HOSTS if _is_of(labels["router"], host)), "")
        if host:
            counts[host][labels["code"]] += count
            counts[""][labels["code"]] -= count
    return {host: +statuses for host, statuses in counts.items()}


def _is_of(router: str, host: str) -> bool:
    """Whether a router is that of a host, by its name: ``NAMESPACE-INGRESS-HOST@kubernetes``, dots as hyphens."""
    return router.partition("@")[0].endswith(f"-{host.replace('.', '-')}")
