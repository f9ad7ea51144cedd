"""The parts of the image: layers that are the same for the same files, what it says of itself, where it can be made."""

from __future__ import annotations

import errno
import json
import os
import platform
import tarfile
from pathlib import Path
from typing import IO

import pytest

from lab_helpers import checkout, shell
from lab_helpers.container import LAB_CONTAINER
from lab_helpers.distribution.image import layers, materials, recipe, root
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.images.layout import Blob, ImageLayout

_STATUS = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u14\n\n"
_METADATA = "Metadata-Version: 2.4\nName: Some_Package\nVersion: 1.2\nLicense-Expression: MIT OR Apache-2.0\n"


def _tree(directory: Path) -> Path:
    (directory / "a" / "b").mkdir(parents=True)
    (directory / "a" / "b" / "program").write_text("x")
    (directory / "a" / "b" / "program").chmod(0o755)
    (directory / "a" / "again").hardlink_to(directory / "a" / "b" / "program")
    (directory / "a" / "link").symlink_to("b/program")
    (directory / "a" / "left-out").touch()
    return directory


def _add(layout: ImageLayout, directory: Path) -> Path:
    blob = layers.add(layout, directory, [Path("a")], below="opt/cache", without=["a/left-out"])
    return layout.path(blob)


def test_a_layer_lies_where_it_belongs_and_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path / "layout")
    first = _add(layout, _tree(tmp_path / "first"))
    with tarfile.open(first) as tar:
        members = {member.name: member for member in tar}
    assert sorted(members) == [f"opt/cache/a{name}" for name in ("", "/again", "/b", "/b/program", "/link")]
    assert members["opt/cache/a/link"].linkname == "b/program", "the text of a link stays what it is"
    assert members["opt/cache/a/b/program"].linkname == "opt/cache/a/again", "a second name moves with the first"
    assert {(member.uid, member.gid, member.mtime) for member in members.values()} == {(0, 0, 0)}
    assert _add(layout, _tree(tmp_path / "second")) == first


def test_a_file_that_is_missing_is_no_layer(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed):
        layers.add(ImageLayout(tmp_path / "layout"), tmp_path, [Path("absent")])


def test_a_disk_that_is_full_is_said(tmp_path: Path) -> None:
    (tmp_path / "much").write_bytes(bytes(1 << 20))  # more than a pipe holds

    class Full(ImageLayout):
        def add_layer(self, tar: IO[bytes]) -> Blob:
            tar.read(1)
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        layers.add(Full(tmp_path / "layout"), tmp_path, [Path("much")])


def test_an_archive_for_docker_holds_one_image_of_the_layout(tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path / "layout")
    layer = layers.add(layout, _tree(tmp_path / "tree"), [Path("a")])
    image = layout.add_image("lab.local/lab:1", recipe.configuration("1.0.0", "4f1c", "2026-01-05T09:00:00Z"), [layer])
    layout.add_image("lab.local/other:1", {}, [])
    layout.write_docker_archive("lab.local/lab:1", image, tmp_path / "image.tar")
    taken = ImageLayout(tmp_path / "taken").add_docker_archive("lab.local/lab:1", tmp_path / "image.tar")
    assert taken.parts == image.parts


def test_it_runs_the_lab_under_an_init_with_a_home_that_stays() -> None:
    configuration = recipe.configuration("1.0.0", "4f1c", "2026-01-05T09:00:00Z")["config"]
    assert configuration["Entrypoint"][0] == "/usr/bin/catatonit"
    assert configuration["Entrypoint"][-1].endswith("/bin/lab")
    variables = dict(variable.split("=", 1) for variable in configuration["Env"])
    assert variables[LAB_CONTAINER] == "1"
    assert variables["HOME"] in configuration["Volumes"]
    assert not variables["XDG_CACHE_HOME"].startswith(variables["HOME"] + "/"), "a newer image brings its own"
    assert configuration["Labels"]["org.opencontainers.image.revision"] == "4f1c"


def test_the_bill_names_each_part_by_version_and_licence(tmp_path: Path) -> None:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text(_STATUS)
    packages = tmp_path / "site-packages"
    (packages / "some_package-1.2.dist-info").mkdir(parents=True)
    (packages / "some_package-1.2.dist-info" / "METADATA").write_text(_METADATA)
    materials.write(tmp_path, packages, "4f1c", "2026-01-05T09:00:00Z")
    document = json.loads((tmp_path / materials.PLACE).read_text())
    parts = {package["externalRefs"][0]["referenceLocator"]: package for package in document["packages"]}
    assert parts["pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64"]["versionInfo"] == "2.36-9+deb12u14"
    assert parts["pkg:pypi/some-package@1.2"]["licenseDeclared"] == "MIT OR Apache-2.0"
    assert any(url.startswith("pkg:golang/k8s.io/kubernetes@v") for url in parts)
    assert len(document["documentDescribes"]) == len(set(document["documentDescribes"])) == len(parts)


@pytest.mark.parametrize(
    ("text", "declared"), [("MIT", "MIT"), ("BSD", "NOASSERTION"), ("UNKNOWN", "NOASSERTION"), ("", "NOASSERTION")]
)
def test_of_the_older_field_only_identifiers_count(text: str, declared: str, tmp_path: Path) -> None:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text("")
    packages = tmp_path / "site-packages" / "some_package-1.2.dist-info"
    packages.mkdir(parents=True)
    (packages / "METADATA").write_text(f"Metadata-Version: 2.1\nName: a\nVersion: 1.2\nLicense: {text}\n")
    materials.write(tmp_path, packages.parent, "4f1c", "2026-01-05T09:00:00Z")
    [part] = [
        package
        for package in json.loads((tmp_path / materials.PLACE).read_text())["packages"]
        if package["name"] == "a"
    ]
    assert part["licenseDeclared"] == declared


def test_a_password_of_a_mirror_does_not_get_into_the_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "apt-get"
    program.write_text("#!/bin/sh\necho 'deb http://kim:s3cret@mirror.example/debian/ bookworm main'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(LabError, match="with a password") as caught:
        root.archive(checkout.source_directory(), lambda _line: None)
    assert caught.value.object == "mirror.example"
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("system", "user", "missing"), [("ubuntu", 0, ""), ("debian", 1000, ""), ("debian", 0, "mmdebstrap")]
)
def test_where_it_cannot_be_made_that_is_said_first(
    system: str, user: int, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": system})
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(shell, "find", lambda program: None if program == missing else program)
    with pytest.raises(LabError) as caught:
        root.expect_machine()
    assert caught.value.next_step
