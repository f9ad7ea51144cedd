"""The script of a bundle on a machine without a lab: all or nothing, twice, and never at the cost of work."""

from __future__ import annotations

import dataclasses
import shutil
import tarfile
from pathlib import Path

import pytest

from lab_helpers import locks
from lab_helpers.distribution.bundle import archive
from tests.commands import run_lab
from tests.unit.distribution.bundles import ENTRIES, World, git, twice

# Notes what it is asked, and which sources it is to ask.
_APT = """\
echo "$@" >>{log}
for option; do
  case $option in Dir::Etc::sourcelist=*) cat "${{option#*=}}" >>{log};; esac
done"""


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """A directory that comes first on PATH, for programs that answer as another machine's."""
    directory = tmp_path / "strange"
    directory.mkdir()
    return directory


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def rewritten(world: World, **changes: object) -> None:
    """Give the bundle another manifest, with all files as they were."""
    manifest = archive.verify(world.file)
    other = world.directory / "other.tar"
    with tarfile.open(world.file) as old, archive.writing(other) as new:
        for member in manifest.members:
            old.extract(member.name, world.directory / "files")
            new.add(member.name, world.directory / "files" / member.name)
        new.finish(dataclasses.replace(manifest, **changes))  # type: ignore[arg-type]
    other.replace(world.file)


def test_a_machine_gets_the_cache_and_a_clone(world: World) -> None:
    world.create()
    done = world.install()
    assert done.returncode == 0, done.stderr
    assert world.installed() == {**ENTRIES, "environment/5eed/uv.whl": ""}
    assert git(world.target, "rev-parse", "HEAD", "v1.0.0").split() == [git(world.checkout, "rev-parse", "HEAD")] * 2
    assert git(world.target, "log", "--format=%s").split() == ["two", "one"]
    assert git(world.target, "status", "--porcelain", "--branch") == "## main"
    assert done.stdout.splitlines()[-1].endswith(f"next: cd {world.target} && make lab")


def test_what_is_there_stays_and_what_was_lost_comes_back(world: World) -> None:
    world.create()
    assert world.install().returncode == 0
    (world.cache / "manifests/web.json").write_text("as it is here")
    shutil.rmtree(world.cache / "images")
    again = world.install()
    assert again.returncode == 0, again.stderr
    assert world.installed() == {**ENTRIES, "environment/5eed/uv.whl": "", "manifests/web.json": "as it is here"}


def test_a_checkout_is_brought_up_to_date(world: World) -> None:
    world.create()
    assert world.install().returncode == 0
    git(world.checkout, "commit", "--quiet", "--allow-empty", "--message=three")
    world.create()
    assert world.install().returncode == 0
    assert git(world.target, "log", "--format=%s").split() == ["three", "two", "one"]


def test_a_checkout_with_changes_is_left_alone(world: World) -> None:
    world.create()
    assert world.install().returncode == 0
    shutil.rmtree(world.cache)
    (world.target / "notebooks/01.ipynb").write_text("mine")
    refused = world.install()
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{world.target}: has changes that are not committed\n  next: git -C")
    assert not world.cache.exists()
    assert (world.target / "notebooks/01.ipynb").read_text() == "mine"


def test_commits_of_somebody_are_left_alone(world: World) -> None:
    world.create()
    assert world.install().returncode == 0
    git(world.target, "commit", "--quiet", "--allow-empty", "--message=mine")
    mine = git(world.target, "rev-parse", "HEAD")
    git(world.checkout, "commit", "--quiet", "--allow-empty", "--message=three")
    world.create()
    refused = world.install()
    assert refused.returncode == 1
    assert f"{world.target}: has commits of its own" in refused.stderr
    assert git(world.target, "rev-parse", "HEAD") == mine


def test_a_directory_of_something_else_is_left_alone(world: World) -> None:
    world.create()
    world.target.mkdir()
    (world.target / "letter").touch()
    refused = world.install()
    assert (refused.returncode, world.installed()) == (1, {})
    assert refused.stderr.startswith(f"{world.target}: is there already, and no checkout\n")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"architecture": "riscv64"}, "is for riscv64, and this is "),
        ({"release": "debian 7"}, "is for debian 7, and this is "),
    ],
)
def test_another_machine_is_refused(world: World, changes: dict[str, str], reason: str) -> None:
    world.create()
    rewritten(world, **changes)
    refused = world.install()
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{world.file}: {reason}")
    assert list(world.home.iterdir()) == []


def test_too_little_space_is_said_before_anything_is_written(world: World, strange: Path) -> None:
    world.create()
    program(strange / "df", "printf 'Filesystem Blocks Used Available\\n/dev/stick 9 5 4 99%% /\\n'")
    refused = world.install(path=[strange])
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{world.home}: has 0 MiB free, and the lab takes ")
    assert list(world.home.iterdir()) == []


def test_a_damaged_file_is_named_before_anything_is_written(world: World) -> None:
    world.create()
    with tarfile.open(world.file) as tar:
        place = tar.getmember("cache/images/web-1f2e.tar.zst").offset_data
    content = bytearray(world.file.read_bytes())
    content[place] ^= 1
    world.file.write_bytes(content)
    refused = world.install()
    assert refused.returncode == 1
    assert f"{world.file}: cache/images/web-1f2e.tar.zst is missing or differs" in refused.stderr
    assert list(world.home.iterdir()) == []


def test_a_file_that_is_there_twice_is_refused(world: World) -> None:
    world.create()
    twice(world)
    refused = world.install()
    assert refused.returncode == 1
    assert f"{world.file}: has other files than its manifest names" in refused.stderr
    assert list(world.home.iterdir()) == []


def test_a_bundle_may_have_a_colon_in_its_name(world: World) -> None:
    world.create()
    other = world.directory / "lab-10:30.tar"
    world.file.replace(other)
    script = 'cd "$1" && tar --force-local -xOf "$2" install.sh | sh -s -- "$2" "$3"'
    done = world.sh(script, str(other.parent), other.name, str(world.target))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("packages", "status"), [(False, 1), (True, 0)])
def test_space_is_asked_for_where_it_is_taken(world: World, strange: Path, packages: bool, status: int) -> None:
    """The directory is on another disk, which is full; packages alone need neither it nor much of the cache."""
    world.create()
    rewritten(world, packages=("no-such-package",))
    columns = "printf 'Filesystem Blocks Used Available\\n/dev/x 9 5 %s 99%% /\\n'"
    program(strange / "df", f"case $3 in {world.home}/disk) free=0;; *) free=99999;; esac; {columns} $free")
    program(strange / "id", "echo 0")
    program(strange / "apt-get", "")
    (world.home / "disk").mkdir()
    named = ["--packages"] if packages else []
    done = world.install(*named, str(world.file), str(world.home / "disk" / "lab"), path=[strange])
    assert done.returncode == status, done.stderr
    assert ("disk: has 0 MiB free" in done.stderr) is not packages


def test_a_bundle_that_was_cut_off_is_called_so(world: World) -> None:
    content = world.create().read_bytes()
    world.file.write_bytes(content[: len(content) // 2])
    refused = world.install()
    assert refused.returncode == 1
    assert f"{world.file}: is no bundle, or cut off: it has no manifest" in refused.stderr
    assert list(world.home.iterdir()) == []


def test_a_changed_manifest_is_refused(world: World) -> None:
    world.create()
    content = world.file.read_bytes()
    world.file.write_bytes(content.replace(b"version: 1.", b"version: 2."))
    refused = world.install()
    assert refused.returncode == 1
    assert "manifest is missing or differs" in refused.stderr


def test_missing_packages_are_named_to_who_may_not_install_them(world: World, strange: Path) -> None:
    world.create()
    rewritten(world, packages=("dpkg", "no-such-package"))
    program(strange / "id", "echo 1000")
    program(strange / "sudo", "exit 1")
    refused = world.install(path=[strange])
    assert refused.returncode == 1
    assert refused.stderr == (
        "no-such-package: not installed, and this is neither root nor sudo\n"
        f"  next: tar -xOf {world.file} install.sh | sh -s -- --packages {world.file}   # as root\n"
    )
    assert list(world.home.iterdir()) == []


@pytest.mark.parametrize("may", ["root", "sudo"])
def test_missing_packages_come_from_the_bundle_alone(world: World, strange: Path, may: str) -> None:
    world.create()
    rewritten(world, packages=("dpkg", "no-such-package"))
    program(strange / "id", f"echo {0 if may == 'root' else 1000}")
    program(strange / "sudo", f'[ "$1" = env ] || exit 0\necho sudo >>{strange}/log\nexec "$@"')
    program(strange / "apt-get", _APT.format(log=strange / "log"))
    done = world.install(path=[strange])
    assert done.returncode == 0, done.stderr
    log = (strange / "log").read_text()
    assert log.count("sudo") == (2 if may == "sudo" else 0)
    assert "update\n" in log
    assert "install --yes --no-remove --no-install-recommends no-such-package\n" in log
    assert f"deb [trusted=yes] file:{world.cache}/bundle.part/packages ./\n" in log
    assert not (world.cache / "bundle.part").exists()


def test_packages_alone(world: World, strange: Path) -> None:
    world.create()
    rewritten(world, packages=("no-such-package",))
    program(strange / "id", "echo 0")
    program(strange / "apt-get", f'echo "$@" >>{strange}/log')
    assert world.install("--packages", str(world.file), path=[strange]).returncode == 0
    assert "no-such-package" in (strange / "log").read_text()
    assert (world.installed(), world.target.exists()) == ({}, False)


def test_what_a_killed_installation_left_is_no_hindrance(world: World) -> None:
    world.create()
    (world.cache / "bundle.part/images/web-1f2e").mkdir(parents=True)
    assert world.install().returncode == 0
    assert world.installed() == {**ENTRIES, "environment/5eed/uv.whl": ""}


def test_two_at_once_do_not_mix(world: World) -> None:
    world.create()
    with locks.exclusively(world.cache / "bundle"):
        refused = world.install()
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{world.cache}: another bundle is being made or installed")
    assert (world.installed(), world.target.exists()) == ({}, False)


def test_the_command_runs_the_script(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.create()
    monkeypatch.setenv("XDG_CACHE_HOME", str(world.home / ".cache"))
    done = run_lab("bundle", "install", str(world.file), str(world.target))
    assert done.returncode == 0, done.stdout
    assert world.installed() == {**ENTRIES, "environment/5eed/uv.whl": ""}
    (world.target / "mine").touch()
    refused = run_lab("bundle", "install", str(world.file), str(world.target))
    assert refused.returncode == 1
    assert "has changes that are not committed" in refused.stdout
