"""The parts of a bundle: packages that apt takes from a directory, what the Makefile says, packed entries."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from lab_helpers import checkout, shell
from lab_helpers.distribution import makefile
from lab_helpers.distribution.bundle import compression, environment, packages
from lab_helpers.images import debian

ROOT = checkout.source_directory()
_CONTROL = """\
Package: tool
Version: 1:2.0
Architecture: all
Maintainer: Kim <kim@example.com>
Installed-Size: 12
Description: a tool
"""


def package(directory: Path) -> Path:
    tree = directory / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(_CONTROL)
    return Path(shell.run(["dpkg-deb", "--build", tree, directory / "tool_1%3a2.0_all.deb"]).argv[-1])


def test_apt_installs_from_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "packages"
    directory.mkdir()
    archive = package(tmp_path)
    monkeypatch.setattr(debian, "download", lambda where, *_names: [archive.rename(where / archive.name)])
    written = packages.write(directory, ["tool"])
    assert [file.name for file in written] == ["Packages", "tool_1-2.0_all.deb"]
    assert [packages.installed_bytes(file) for file in written] == [0, 12 * 1024 + written[1].stat().st_size]
    assert apt(tmp_path, "install", "--print-uris", "tool").startswith(f"'file:{directory}/./tool_1-2.0_all.deb'")


def apt(directory: Path, *arguments: str) -> str:
    """What apt answers, with that directory as its only source, on an empty machine."""
    sources, status = directory / "sources.list", directory / "status"
    sources.write_text(f"deb [trusted=yes] file:{directory}/packages ./\n")
    status.touch()
    (directory / "lists/partial").mkdir(parents=True)
    places = [
        f"Dir::Etc::sourcelist={sources}",
        "Dir::Etc::sourceparts=/dev/null",
        f"Dir::State::lists={directory}/lists",
    ]
    options = [*places, f"Dir::State::status={status}", "Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache="]
    command = ["apt-get", "-qq", *(f"--option={option}" for option in (*options, "APT::Sandbox::User=root"))]
    shell.run([*command, "update"])
    return shell.run([*command, *arguments]).stdout


def test_the_makefile_names_packages_whatever_this_machine_has() -> None:
    assert {"git", "python3-venv", "runc"} <= set(makefile.value(ROOT, "DEBIAN_PACKAGES").split())
    assert makefile.value(ROOT, "UV_VERSION")[0].isdigit()


def test_set_up_takes_the_environment_that_a_bundle_brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert makefile.value(ROOT, "BUNDLED") == ""
    place = tmp_path / "kubernetes-lab" / "environment" / makefile.value(ROOT, "ENVIRONMENT_KEY")
    place.mkdir(parents=True)
    assert makefile.value(ROOT, "BUNDLED") == str(place)
    variables = set_up(tmp_path / "checkout")
    assert variables["UV_CACHE_DIR"] == f"{place}/uv"
    assert variables["UV_PYTHON"] == environment.PYTHON
    assert variables["UV_OFFLINE"] == variables["PIP_NO_INDEX"] == "1"
    assert variables["PIP_FIND_LINKS"] == str(place)


def test_set_up_asks_the_network_where_no_bundle_brought_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("UV_OFFLINE", raising=False)
    assert "UV_OFFLINE" not in set_up(tmp_path / "checkout")


def set_up(directory: Path) -> dict[str, str]:
    """The environment in which set-up calls uv, in a directory with nothing but what it reads."""
    (directory / ".tools/bin").mkdir(parents=True)
    (directory / ".venv").mkdir()
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, directory)
    uv = directory / ".tools/bin/uv"
    uv.write_text('#!/bin/sh\nenv >"$0.environment"\n')
    uv.chmod(0o755)
    shell.run(["make", "--directory", directory, "DEBIAN_PACKAGES=", "PYTHON=true", ".venv/stamp"])
    return dict(line.split("=", 1) for line in uv.with_name("uv.environment").read_text().splitlines() if "=" in line)


def test_links_and_rights_of_an_entry_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = tmp_path / "images" / "web"
    entry.mkdir(parents=True)
    (entry / "run").write_text("#!/bin/sh\n")
    (entry / "run").chmod(0o755)
    (entry / "link").symlink_to("run")
    os.link(entry / "run", entry / "again")
    file, target = tmp_path / "entry", tmp_path / "target"
    assert compression.pack(tmp_path, Path("images/web"), file) >= 4096
    target.mkdir()
    shell.run(["tar", "--extract", f"--use-compress-program={compression.zstd()}", f"--file={file}", "-C", target])
    unpacked = target / "images" / "web"
    assert (unpacked / "run").stat().st_mode & 0o777 == 0o755
    assert (unpacked / "link").readlink() == Path("run")
    assert (unpacked / "again").samefile(unpacked / "run")
