"""The official archive comes before a build, counts only with the pinned digest, and may be out of reach."""

import socket
from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.programs import ProgramSource
from tests.unit.programs.fake_origins import ALL_PROGRAMS, KUBERNETES_PROGRAMS, Machine, server_archive

ARCHIVE = server_archive()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path, monkeypatch)
    machine.install_go()
    machine.pin_archive(ARCHIVE)
    return machine


def test_what_the_archive_holds_is_unpacked_and_only_the_rest_is_built(machine: Machine) -> None:
    with machine.served(ARCHIVE) as releases:
        resolved = machine.resolve()

    sources = resolved.sources
    assert releases.requests == ["/v1/server.tar.gz"]
    assert {name for name in sources if sources[name] is ProgramSource.ARCHIVE} == set(KUBERNETES_PROGRAMS)
    assert {name for name in sources if sources[name] is ProgramSource.BUILD} == ALL_PROGRAMS - set(KUBERNETES_PROGRAMS)
    assert resolved["kubelet"].read_text() == "released server/bin/kubelet"
    assert resolved["kubelet"].stat().st_mode & 0o777 == 0o755
    assert not any("k8s.io/kubernetes" in package for build in machine.builds() for package in build)
    assert machine.half_made() == []


def test_a_second_run_downloads_nothing(machine: Machine) -> None:
    with machine.served(ARCHIVE) as releases:
        machine.resolve()
        resolved = machine.resolve()

    assert len(releases.requests) == 1
    assert set(resolved.sources.values()) == {ProgramSource.CACHE}


def test_another_pin_does_not_use_what_was_unpacked_before(machine: Machine) -> None:
    with machine.served(ARCHIVE):
        machine.resolve()
    newer = server_archive(mark="newly released")
    machine.pin_archive(newer)

    with machine.served(newer):
        resolved = machine.resolve()

    assert resolved.sources["kubelet"] is ProgramSource.ARCHIVE
    assert resolved["kubelet"].read_text() == "newly released server/bin/kubelet"


def test_a_wrong_digest_is_an_error_that_names_both_and_leaves_nothing(machine: Machine) -> None:
    machine.pin_archive(ARCHIVE, digest="0" * 128)

    with machine.served(ARCHIVE) as releases, pytest.raises(LabError) as caught:
        machine.resolve()

    assert releases.url in caught.value.object
    assert "0" * 128 in caught.value.reason
    assert "a test" in caught.value.reason
    assert "LAB_RELEASES_URL" in caught.value.next_step
    assert machine.builds() == []
    assert {path.name for path in machine.cache.iterdir()} == {"lock", "turn"}


@pytest.mark.parametrize("status", [403, 404, 407, 503])
def test_a_server_that_refuses_falls_to_the_build(machine: Machine, status: int) -> None:
    with machine.served(b"go away", status=status):
        resolved = machine.resolve()

    assert set(resolved.sources.values()) == {ProgramSource.BUILD}
    assert f"{status}" in machine.reports[0]
    assert "\n" not in machine.reports[0]


def test_a_download_that_breaks_off_falls_to_the_build(machine: Machine) -> None:
    with machine.served(ARCHIVE, missing=10):
        resolved = machine.resolve()

    assert set(resolved.sources.values()) == {ProgramSource.BUILD}
    assert any("broke off" in line for line in machine.reports)
    assert machine.half_made() == []


def test_no_server_at_all_falls_to_the_build(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LAB_RELEASES_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        resolved = machine.resolve()

    assert set(resolved.sources.values()) == {ProgramSource.BUILD}
    assert "building instead" in machine.reports[0]


def test_an_address_that_is_no_url_is_an_error(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_RELEASES_URL", "file:///mirror")

    with pytest.raises(LabError, match="http"):
        machine.resolve()
