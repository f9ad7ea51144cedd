"""What clusters cost, provider by provider, in turns: Ready, an application usable, deleted, memory, processor time.

    .venv/bin/python -m tests.perf.providers [ROUNDS] [PROVIDER…]

By default three rounds of embedded and kind, with warm caches. On a machine without Docker, everything of kind's:
`.venv/bin/python -m tests.kind.machine .venv/bin/python -m tests.perf.providers`. Memory and processor time are the
whole machine's, so nothing else should be working on it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from lab_helpers.addons.base import BASE
from lab_helpers.cluster.choose import provider
from tests.perf import application

_ROUNDS = 3
_PROVIDERS = ("embedded", "kind")


def measure(maker: str) -> dict[str, float]:
    """Create a lab, use an application on it, delete it; what each took."""
    memory, processors, began = _available(), _busy(), time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        with provider(maker).create(f"perf-{maker}", lambda line: None, BASE) as cluster:
            ready = time.monotonic() - began
            application.use(cluster, Path(directory))
            usable = time.monotonic() - began
            used, spent = memory - _available(), _busy() - processors
            ending = time.monotonic()
        deleted = time.monotonic() - ending
    return {
        "cluster Ready, s": ready,
        "application usable, s": usable,
        "deleted, s": deleted,
        "memory, MiB": used / 2**20,
        "CPU until usable, s": spent,
    }


def _available() -> int:
    """Bytes of memory that a new process could have."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))


def _busy() -> float:
    """Seconds that all processors together have worked."""
    user, nice, system, _idle, _iowait, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure in turns and print a table, each provider's medians and their ratio to the first provider's."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    makers = tuple(sys.argv[2:]) or _PROVIDERS
    runs: dict[str, list[dict[str, float]]] = {maker: [] for maker in makers}
    for number in range(rounds):
        for maker in makers:
            runs[maker].append(measure(maker))
            print(f"round {number + 1} {maker}: {runs[maker][-1]}", file=sys.stderr)
    print(f"{f'medians of {rounds} rounds':24}" + "".join(f"{maker:>24}" for maker in makers))
    for figure in runs[makers[0]][0]:
        values = {maker: [run[figure] for run in runs[maker]] for maker in makers}
        first = statistics.median(values[makers[0]])
        print(f"{figure:24}" + "".join(f"{_cell(values[maker], first):>24}" for maker in makers))


def _cell(values: list[float], first: float) -> str:
    median = statistics.median(values)
    return f"{median:.1f} ({min(values):.1f}-{max(values):.1f}) {median / first:5.1f}x"


if __name__ == "__main__":
    main()
