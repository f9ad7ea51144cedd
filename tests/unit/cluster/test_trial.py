"""What a node takes is tried before anything is built, and the right that is missing is named."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers.cluster.embedded import cgroups, doctor, privileged, trial
from lab_helpers.cluster.findings import Finding
from lab_helpers.errors import CommandFailed
from tests.commands import LAB

needs_rights = pytest.mark.skipif(
    os.geteuid() != 0 or bool(trial.attempt()), reason="takes rights away, and has to have them first"
)


@needs_rights
def test_it_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[int] = []  # others on this machine try the same meanwhile

    def link(pid: int, make: Callable[[int], None] = trial._link) -> None:
        pids.append(pid)
        make(pid)

    monkeypatch.setattr(trial, "_link", link)
    monkeypatch.setattr(trial, "_SECONDS", 120)
    assert trial.attempt() == ""
    (pid,) = pids
    assert [name for _index, name in socket.if_nameindex() if name == f"lab-try{pid}"[:15]] == []
    for hierarchy in cgroups.hierarchies():
        assert not (hierarchy / f"kubernetes-lab-try-{os.getpid()}").exists()


@needs_rights
@pytest.mark.parametrize(
    ("verb", "capability"),
    [
        *(("doctor", capability) for capability in ("sys_admin", "net_admin", "sys_chroot", "mknod", "setuid")),
        *(("up", capability) for capability in ("sys_admin", "net_admin")),
    ],
)
def test_a_missing_right_is_named_before_anything_is_made(verb: str, capability: str, tmp_path: Path) -> None:
    without = ["setpriv", f"--bounding-set=-{capability}", f"--inh-caps=-{capability}"]
    run = subprocess.run(
        [*without, LAB, verb, "--provider", "embedded"],
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert f"CAP_{capability.upper()}" in run.stdout + run.stderr
    assert "docker run --privileged" in run.stdout + run.stderr
    assert not (tmp_path / "cache").exists()
    assert not list(tmp_path.glob("kubernetes-lab/labs/*"))


def test_what_the_system_refuses_is_told_without_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise PermissionError(13, "Permission denied", "/sys/fs/cgroup/try")

    monkeypatch.setattr(trial, "_make_namespaces", lambda: None)
    monkeypatch.setattr(trial, "_make_cgroups", refuse)
    monkeypatch.setattr(trial, "_effective", lambda: ~(1 << 1))
    assert trial.attempt() == "/sys/fs/cgroup/try: Permission denied (CAP_DAC_OVERRIDE)"


def test_who_may_not_ask_hears_what_refused_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise CommandFailed(["sudo"], 1, "sudo: a password is required")

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("lab_helpers.shell.run", refuse)
    trial.refused.cache_clear()
    assert trial.refused() == "sudo: a password is required"
    trial.refused.cache_clear()


def test_nothing_is_tried_where_something_else_is_missing_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_root", lambda: Finding("root", ok=False, seen="neither"))
    monkeypatch.setattr(trial, "refused", lambda: pytest.fail("tried"))
    assert next(finding.name for finding in doctor.findings() if not finding.ok) == "root"


def test_roots_programs_have_an_environment_of_their_own() -> None:
    caller = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": "/run/user/0", "HTTPS_PROXY": "http://127.0.0.1:9"}
    printed = subprocess.run([*privileged.ENVIRONMENT, "env"], env=caller, capture_output=True, text=True, check=True)
    assert sorted(line.partition("=")[0] for line in printed.stdout.splitlines()) == ["LANG", "PATH"]
    assert privileged.python("a.module", "b")[-5:][1:] == ["-I", "-m", "a.module", "b"]
