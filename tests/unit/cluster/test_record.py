"""Records and locks: what one command leaves for the next."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from lab_helpers import paths, shell
from lab_helpers.cluster import choose, control, lab_lock, record
from lab_helpers.cluster.base import State
from lab_helpers.cluster.embedded import doctor
from lab_helpers.cluster.embedded.provider import EmbeddedProvider
from lab_helpers.cluster.findings import Finding
from lab_helpers.cluster.kind import doctor as kind_doctor
from lab_helpers.cluster.sweep import sweep
from lab_helpers.errors import LabError, WaitTimeout


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def saved(name: str, provider: str = "embedded") -> record.ClusterRecord:
    details: dict[str, object] = {"directory": "/nowhere", "network": 3}
    cluster_record = record.ClusterRecord(name, provider, 1.0, "1.37.1", details)
    record.save(cluster_record)
    return cluster_record


def test_a_directory_with_nothing_but_a_lock_goes_unless_somebody_holds_it() -> None:
    saved("a")
    with lab_lock.hold("a"):
        record.remove("a")
        lab_lock.tidy("a")
        assert record.path("a").parent.exists()
    with lab_lock.hold("b"):
        saved("b")
    lab_lock.tidy("b")
    assert record.load("b") is not None
    record.remove("b")
    lab_lock.tidy("b")
    lab_lock.tidy("c")
    assert not record.path("b").parent.exists()
    assert not record.path("c").parent.exists()


def test_what_is_saved_is_found_listed_and_removed() -> None:
    cluster_record = saved("a")
    assert record.load("a") == cluster_record
    assert record.names() == ["a"]
    record.remove("a")
    assert record.load("a") is None
    assert record.names() == []


def test_a_lab_is_held_by_one_process_and_the_other_is_told_which() -> None:
    script = "from lab_helpers.cluster import lab_lock\nwith lab_lock.hold('a'): print('held', flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LabError, match=f"process {holder.pid}"), lab_lock.hold("a"):
        pass
    holder.kill()
    holder.communicate()
    with lab_lock.hold("a"):
        pass


def test_a_deletion_by_another_process_is_waited_for() -> None:
    script = (
        "from lab_helpers.cluster import lab_lock\n"
        "with lab_lock.hold('a', deletes=True): print('held', flush=True); input(); print('done', flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        go_on = threading.Timer(0.2, lambda: print("go on", file=holder.stdin, flush=True))
        go_on.start()
        with lab_lock.hold("a"):
            assert holder.wait(timeout=120) == 0
        go_on.join()


def test_those_who_wait_for_a_lock_all_get_it() -> None:
    script = (
        "from lab_helpers.cluster import lab_lock\n"
        "for _ in range(50):\n    with lab_lock.hold('a', deletes=True): pass\n    lab_lock.tidy('a')"
    )
    holders = [subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [holder.communicate(timeout=120)[1] for holder in holders]
    assert [holder.returncode for holder in holders] == [0, 0, 0], said
    assert not record.path("a").parent.exists()


def test_what_a_killed_process_wrote_into_a_lock_does_not_count() -> None:
    record.path("a").parent.mkdir(parents=True)
    (record.path("a").parent / "lock").write_text("999999999 ")
    with (record.path("a").parent / "lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        threading.Timer(0.2, held.close).start()
        with lab_lock.hold("a"):
            assert not lab_lock.is_held("b")
            assert lab_lock.is_held("a")


def test_a_deletion_that_does_not_end_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_lock, "_DELETION_SECONDS", 0.1)
    with (
        lab_lock.hold("a", deletes=True),
        pytest.raises(WaitTimeout, match="what lab a left: did not be gone"),
        lab_lock.hold("a"),
    ):
        pass


def test_a_lab_without_anything_to_keep_leaves_no_directory(tmp_path: Path) -> None:
    with lab_lock.hold("a"):
        pass
    assert not (tmp_path / "kubernetes-lab/labs/a").exists()
    with lab_lock.hold("a"):
        saved("a")
    assert record.load("a") is not None


def test_a_cluster_whose_keeper_is_gone_has_ended() -> None:
    assert EmbeddedProvider().state("a") is State.ABSENT
    saved("a")
    assert EmbeddedProvider().state("a") is State.ENDED
    assert EmbeddedProvider().attach("a") is None


def test_a_cluster_that_is_still_being_made_is_nobody_elses_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "answers", lambda _: True)
    record.save(replace(saved("a"), made=False))
    with pytest.raises(lab_lock.Locked, match="lab a: is still being created"):
        EmbeddedProvider().attach("a")
    record.complete("a")
    assert EmbeddedProvider().attach("a") is not None


def test_an_unknown_provider_and_one_that_did_not_make_the_lab_are_refused() -> None:
    with pytest.raises(LabError, match="no such provider"):
        choose.provider("minikube")
    saved("a", provider="embedded")
    with pytest.raises(LabError, match="was made by provider embedded, not kind"):
        choose.provider_of("a", "kind")


def test_auto_says_what_is_missing_where_nothing_can_work(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = [Finding("root", ok=False, seen="neither root nor sudo", next_step="sudo --validate")]
    silent = [Finding("Docker", ok=False, seen="no docker command", next_step="apt-get install -y docker.io")]
    monkeypatch.setattr(doctor, "findings", lambda: missing)
    monkeypatch.setattr(kind_doctor, "findings", lambda: silent)
    with pytest.raises(LabError) as failure:
        choose.provider("auto")
    assert "embedded: root: neither root nor sudo" in str(failure.value)
    assert "kind: Docker: no docker command" in str(failure.value)
    assert failure.value.next_step == "sudo --validate   # or: apt-get install -y docker.io"


def test_a_missing_program_is_named_with_the_package_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "find", lambda program: None if program == "runc" else f"/bin/{program}")
    programs = next(finding for finding in doctor.findings() if finding.name == "programs")
    assert not programs.ok
    assert programs.next_step == "apt-get install -y runc"


def test_a_sweep_removes_directories_that_hold_nothing_and_no_others() -> None:
    labs = paths.state_directory() / "labs"
    for name in ("pytest-1", "pytest-2", "empty", "learner/workspace"):
        (labs / name).mkdir(parents=True)
    (labs / "pytest-2" / "lock").touch()
    (labs / "pytest-3").mkdir()
    (labs / "pytest-3" / "notes").touch()
    with lab_lock.hold("being-made"):
        sweep(lambda line: None)
        assert sorted(path.name for path in labs.iterdir()) == ["being-made", "learner", "pytest-3"]
