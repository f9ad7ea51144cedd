"""A node's cgroup, on directories that look like cgroup v1 and v2."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from lab_helpers.cluster.embedded import cgroups
from lab_helpers.errors import LabError, WaitTimeout


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    for controller in ("cpu", "cpuset", "memory", "unified"):
        (tmp_path / controller).mkdir()
        (tmp_path / controller / "cgroup.procs").touch()
    (tmp_path / "cpuacct").symlink_to("cpu")
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-1")
    (tmp_path / "cpuset" / "cpuset.mems").write_text("0")
    return tmp_path


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.procs").touch()
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu memory pids")
    (tmp_path / "cgroup.subtree_control").write_text("memory")
    return tmp_path


def test_v1_is_one_directory_a_hierarchy_and_the_linked_one_counts_once(v1: Path) -> None:
    assert not cgroups.is_unified(v1)
    assert [path.name for path in cgroups.hierarchies(v1)] == ["cpu", "cpuset", "memory", "unified"]
    cgroups.create("/lab-a-1", v1)
    assert all((v1 / name / "lab-a-1").is_dir() for name in ("cpu", "cpuset", "memory"))


def test_v2_in_a_container_moves_the_processes_that_would_stop_it_from_giving_controllers(v2: Path) -> None:
    (v2 / "cgroup.procs").write_text("1\n7\n")
    (v2 / "lab-a-1").mkdir()
    (v2 / "lab-a-1" / "cgroup.controllers").write_text("memory")
    (v2 / "lab-a-1" / "cgroup.subtree_control").write_text("memory")
    cgroups.create("/lab-a-1", v2)
    assert not (v2 / "init").exists(), "a machine's own topmost cgroup is left alone"
    (v2 / "cgroup.type").write_text("domain")
    cgroups.create("/lab-a-1", v2)
    assert (v2 / "init" / "cgroup.procs").read_text() == "7", "each is written by itself, the last one last"


@pytest.mark.parametrize(
    ("own", "shares", "weight"),
    [
        ("4:memory:/a\n1:cpu,cpuacct:/\n0::/\n", "8192", "800"),
        ("1:cpu,cpuacct:/docker/a\n0::/\n", "1024", "800"),
        ("1:cpu:/\n0::/user.slice\n", "8192", "100"),
        ("2:cpuset:/\n", "1024", "100"),
    ],
)
def test_pods_have_their_part_beside_programs_in_no_cgroup(
    v1: Path, tmp_path: Path, own: str, shares: str, weight: str
) -> None:
    for directory, file, default in (("cpu", "cpu.shares", "1024"), ("unified", "cpu.weight", "100")):
        (v1 / directory / "lab-a-1").mkdir()
        (v1 / directory / "lab-a-1" / file).write_text(default)
    (tmp_path / "own").write_text(own)
    cgroups.create("/lab-a-1", v1, tmp_path / "own")
    assert (v1 / "cpu" / "lab-a-1" / "cpu.shares").read_text() == shares
    assert (v1 / "unified" / "lab-a-1" / "cpu.weight").read_text() == weight


def test_a_frozen_cgroup_thaws_whatever_happens_meanwhile(v1: Path, v2: Path) -> None:
    del v2  # the same directory, which then has both
    (v1 / "cgroup.controllers").unlink()
    state = v1 / "freezer" / "lab-a-1" / "freezer.state"
    state.parent.mkdir(parents=True)
    state.write_text("THAWED")
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(KeyboardInterrupt))
        stack.enter_context(cgroups.frozen("/lab-a-1", v1))
        assert state.read_text() == "FROZEN"
        raise KeyboardInterrupt
    assert state.read_text() == "THAWED"


def test_v2_waits_until_the_kernel_says_frozen(v2: Path) -> None:
    directory = v2 / "lab-a-1"
    directory.mkdir()
    (directory / "cgroup.freeze").write_text("0")
    (directory / "cgroup.events").write_text("populated 1\nfrozen 0\n")
    with pytest.raises(WaitTimeout), cgroups.frozen("/lab-a-1", v2, seconds=0.02):
        pass
    assert (directory / "cgroup.freeze").read_text() == "0"
    (directory / "cgroup.events").write_text("populated 1\nfrozen 1\n")
    with cgroups.frozen("/lab-a-1", v2):
        assert (directory / "cgroup.freeze").read_text() == "1"


def test_a_machine_without_a_freezer_says_so(v1: Path) -> None:
    with pytest.raises(LabError, match="no freezer"), cgroups.frozen("/lab-a-1", v1):
        pass


def test_v1_fills_the_cpuset_because_nothing_runs_in_an_empty_one(v1: Path) -> None:
    (v1 / "cpuset" / "lab-a-1").mkdir()
    (v1 / "cpuset" / "lab-a-1" / "cpuset.cpus").touch()  # the kernel makes this file with the directory
    cgroups.create("/lab-a-1", v1)
    assert (v1 / "cpuset" / "lab-a-1" / "cpuset.cpus").read_text() == "0-1"
    assert (v1 / "cpuset" / "lab-a-1" / "cpuset.mems").read_text() == "0"


def test_v2_hands_the_controllers_down_that_are_not_handed_down_yet(v2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (v2 / "lab-a-1").mkdir()
    (v2 / "lab-a-1" / "cgroup.controllers").write_text("cpu memory")
    (v2 / "lab-a-1" / "cgroup.subtree_control").touch()
    written: list[str] = []

    def record(path: Path, text: str) -> int:
        written.append(f"{path.relative_to(v2)} {text}")  # the kernel adds to what is there
        return len(text)

    monkeypatch.setattr(Path, "write_text", record)
    cgroups.create("/lab-a-1", v2)
    assert "cgroup.subtree_control +cpu" in written
    assert "lab-a-1/cgroup.subtree_control +memory" in written
    assert "cgroup.subtree_control +memory" not in written


def test_removing_goes_from_the_deepest_up_and_absence_is_no_error(v1: Path) -> None:
    cgroups.create("/lab-a-1", v1)
    (v1 / "cpu" / "lab-a-1" / "kubepods" / "pod1").mkdir(parents=True)
    cgroups.remove("/lab-a-1", v1)
    assert not (v1 / "cpu" / "lab-a-1").exists()
    cgroups.remove("/lab-a-1", v1)


def test_a_cgroup_that_stays_busy_is_named(v1: Path) -> None:
    cgroups.create("/lab-a-1", v1)
    (v1 / "cpu" / "lab-a-1" / "busy").touch()  # a directory with a file cannot be removed, as one with a process cannot
    with pytest.raises(WaitTimeout) as failure:
        cgroups.remove("/lab-a-1", v1, seconds=0.05)
    assert str(v1 / "cpu" / "lab-a-1") in str(failure.value)
    assert "cgroup.procs" in failure.value.next_step
