"""Debian packages: fetched once, named by release, refused clearly where there is no apt."""

from pathlib import Path

import pytest

from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.images import debian

_APT = """#!/bin/sh
echo "$@" >> "$APT_LOG"
[ -z "$APT_FAILS" ] || { echo "E: Unable to locate package" >&2; exit 100; }
case "$*" in
  *--simulate*) cat status >> "$APT_LOG"
    printf 'Inst libc6 (2.36-9 Debian:12 [amd64])\nInst tool (1:1.0 Debian:12 [all])\nConf libc6 (2.36-9)\n';;
  *) : > tool_1.0_amd64.deb;;
esac
"""
_DPKG = """#!/bin/sh
mkdir -p "$3/bin"
: > "$3/bin/tool"
"""


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for apt and dpkg, before the real ones on PATH; the log tells what was asked of apt."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in (("apt-get", _APT), ("dpkg-deb", _DPKG), ("dpkg", "#!/bin/sh\necho amd64\n")):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("APT_LOG", str(tmp_path / "apt.log"))
    return tmp_path / "apt.log"


def test_packages_are_unpacked_and_their_versions_kept(apt: Path) -> None:
    packages = debian.unpack("tool")

    assert (packages.root / "bin/tool").exists()
    assert packages.versions == ("tool_1.0_amd64",)
    assert {path.name for path in packages.root.parent.iterdir()} == {"root", "versions"}


def test_packages_are_fetched_once(apt: Path) -> None:
    assert debian.unpack("tool") == debian.unpack("tool")
    assert len(apt.read_text().splitlines()) == 1


def test_nothing_is_ever_installed(apt: Path) -> None:
    debian.unpack("tool")
    assert apt.read_text().split()[-2:] == ["download", "tool"]


def test_what_apt_resolves_for_an_empty_machine_is_fetched_in_those_versions(apt: Path) -> None:
    packages = debian.unpack_root("tool", without=("perl",))

    plan, *status, download = apt.read_text().splitlines()
    assert plan.split()[-2:] == ["install", "tool"]
    assert "--simulate" in plan
    assert "--option=Dir::State::status=" in plan, "apt shall not look at what this machine has"
    assert [line for line in status if line.startswith("Package:")] == ["Package: perl"]
    assert download.split()[-3:] == ["download", "libc6=2.36-9", "tool=1:1.0"]
    assert (packages.root / "bin/tool").exists()


def test_a_package_with_its_dependencies_is_not_one_without(apt: Path) -> None:
    roots = {
        debian.unpack("tool").root,
        debian.unpack_root("tool").root,
        debian.unpack_root("tool", without=("perl",)).root,
    }
    assert len(roots) == 3


def test_another_release_of_debian_does_not_get_this_ones_packages(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = debian.unpack("tool")
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"ID": "debian", "VERSION_ID": "99"})
    assert debian.unpack("tool").root != first.root


def test_a_package_that_cannot_be_fetched_says_what_to_type_and_leaves_nothing(
    apt: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("APT_FAILS", "yes")
    with pytest.raises(CommandFailed) as caught:
        debian.unpack("tool")
    assert caught.value.next_step == "apt-get update"
    assert "Unable to locate package" in str(caught.value)

    monkeypatch.setenv("APT_FAILS", "")
    assert (debian.unpack("tool").root / "bin/tool").exists()


def test_a_machine_without_apt_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("lab_helpers.shell.find", lambda program: None)
    with pytest.raises(LabError, match="no apt"):
        debian.unpack("tool")
