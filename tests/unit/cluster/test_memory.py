"""The memory that a cluster may take: the machine's, or what a container is limited to, however little it sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.cluster.embedded import doctor, memory

_GIB = 1024**3


def _write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("5:memory:/docker/1\n0::/docker/1\n", {"memory/docker/1/memory.limit_in_bytes": f"{_GIB}\n"}),
        ("5:memory:/docker/1\n", {"memory/memory.limit_in_bytes": f"{_GIB}\n"}),  # a view of its own
        ("0::/\n", {"cgroup.controllers": "memory", "memory.max": f"{_GIB}\n"}),
        ("0::/a/b\n", {"cgroup.controllers": "memory", "a/memory.max": f"{_GIB}\n", "a/b/memory.max": "max\n"}),
    ],
)
def test_a_containers_limit_counts(own: str, files: dict[str, str], tmp_path: Path) -> None:
    _write(tmp_path, {**files, "self": own})
    assert memory.limit(tmp_path / "self", tmp_path) == _GIB


@pytest.mark.parametrize("own", ["", "5:memory:/\n", "4:cpu:/docker/1\n"])
def test_without_a_limit_it_is_the_machines(own: str, tmp_path: Path) -> None:
    _write(tmp_path, {"memory/memory.limit_in_bytes": "9223372036854771712\n", "self": own})
    assert memory.limit(tmp_path / "self", tmp_path) > _GIB // 2


def test_too_little_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "limit", lambda: _GIB)
    finding = next(finding for finding in doctor.findings() if finding.name == "memory")
    assert not finding.ok
    assert finding.seen == "1.0 GiB, 1.5 needed"
    assert finding.next_step
