"""The nodes' own images: one archive, named by what is in it, made once."""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from lab_helpers.images import debian
from lab_helpers.images.debian import Packages
from lab_helpers.images.system import SystemImage, system_images


@pytest.fixture
def binaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Stand-ins for the programs, with stand-ins for the Debian packages in place."""
    root = tmp_path / "packages"
    for name in ("bin/busybox", "usr/bin/catatonit"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("#!/bin/sh\necho sh mkdir rm\n")
        (root / name).chmod(0o755)
    monkeypatch.setattr(debian, "unpack", lambda *names: Packages(root, ("busybox-static_1", "catatonit_1")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    programs = {name: tmp_path / name for name in ("coredns", "local-path-provisioner")}
    for name, path in programs.items():
        path.write_text(name)
    return programs


def _make(binaries: Mapping[str, Path]) -> dict[str, SystemImage]:
    return {image.name: image for image in system_images(binaries, lambda line: None)}


def _layer_and_config(image: SystemImage) -> tuple[list[str], dict[str, object]]:
    with tarfile.open(image.archive) as tar:

        def read(name: str) -> bytes:
            file = tar.extractfile(name)
            assert file is not None
            return file.read()

        def blob(descriptor: Mapping[str, str]) -> bytes:
            return read(f"blobs/sha256/{descriptor['digest'].removeprefix('sha256:')}")

        entries = json.loads(read("index.json"))["manifests"]
        [entry] = [e for e in entries if e["annotations"]["io.containerd.image.name"] == image.reference]
        manifest = json.loads(blob(entry))
        with tarfile.open(fileobj=io.BytesIO(blob(manifest["layers"][0]))) as layer:
            return layer.getnames(), json.loads(blob(manifest["config"]))["config"]


def test_all_images_lie_in_one_archive(binaries: Mapping[str, Path]) -> None:
    images = _make(binaries)

    assert list(images) == ["pause", "busybox", "coredns", "local-path-provisioner"]
    assert len({image.archive for image in images.values()}) == 1


def test_each_image_holds_its_program_and_starts_it(binaries: Mapping[str, Path]) -> None:
    images = _make(binaries)

    for name in ("coredns", "local-path-provisioner"):
        files, config = _layer_and_config(images[name])
        assert f"usr/bin/{name}" in files
        assert config["Entrypoint"] == [f"/usr/bin/{name}"]
    files, config = _layer_and_config(images["pause"])
    assert files == ["usr/bin/catatonit"]
    assert config["Entrypoint"] == ["/usr/bin/catatonit", "-P"]
    files, config = _layer_and_config(images["busybox"])
    assert {"bin/busybox", "bin/sh", "bin/mkdir", "bin/rm"} <= set(files)


def test_they_are_made_once(binaries: Mapping[str, Path]) -> None:
    lines: list[str] = []
    first = system_images(binaries, lines.append)
    second = system_images(binaries, lines.append)

    assert first == second
    assert len(lines) == 1


def test_another_program_gives_other_references(binaries: Mapping[str, Path]) -> None:
    before = _make(binaries)["coredns"].reference
    binaries["coredns"].write_text("coredns, another version")
    assert _make(binaries)["coredns"].reference != before
