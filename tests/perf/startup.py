"""How long a lab takes to come up and go: node Ready, DNS and storage usable, deleted. Medians of several runs.

    .venv/bin/python -m tests.perf.startup [RUNS]

Needs what `lab up` needs, with warm caches (`lab prepare`). Nothing else should be working on the machine.
"""

from __future__ import annotations

import statistics
import sys
import time

from lab_helpers.addons.base import BASE
from lab_helpers.cluster.choose import provider


def measure(name: str) -> dict[str, float]:
    """Create a lab, wait until it is usable, delete it; seconds of each."""
    began = time.monotonic()
    with provider("embedded").create(name, lambda line: None, BASE) as cluster:
        ready = time.monotonic() - began
        BASE.wait_ready(cluster, lambda line: None)
        usable = time.monotonic() - began
        ending = time.monotonic()
    return {"node Ready": ready, "DNS and storage usable": usable, "deleted": time.monotonic() - ending}


def main() -> None:
    """Measure and print a table."""
    runs = [measure("perf-startup") for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5)]
    print(f"{'':24}{'median':>8}{'min':>8}{'max':>8}   seconds, {len(runs)} runs")
    for figure in runs[0]:
        values = [run[figure] for run in runs]
        print(f"{figure:24}{statistics.median(values):8.2f}{min(values):8.2f}{max(values):8.2f}")


if __name__ == "__main__":
    main()
