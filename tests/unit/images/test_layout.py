"""Images on disk: shared layers, standard manifests, archives that other tools read."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.images.layout import Blob, Layout


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _read(layout: Layout, blob: Blob) -> bytes:
    content = layout.path(blob).read_bytes()
    assert _sha256(content) == blob.digest
    assert len(content) == blob.size
    return content


def test_a_manifest_names_configuration_and_layers_by_their_digests(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "layout")
    lower, upper = layout.add_layer(io.BytesIO(b"lower")), layout.add_layer(io.BytesIO(b"upper"))
    image = layout.add_image("ghcr.io/org/a:v1", {"architecture": "amd64", "os": "linux"}, [lower, upper])

    manifest = json.loads(_read(layout, image.manifest))
    config = json.loads(_read(layout, image.parts[0]))

    assert [layer["digest"] for layer in manifest["layers"]] == [_sha256(b"lower"), _sha256(b"upper")]
    assert manifest["config"]["digest"] == image.parts[0].digest
    assert config["rootfs"] == {"type": "layers", "diff_ids": [_sha256(b"lower"), _sha256(b"upper")]}
    assert config["architecture"] == "amd64"


def test_images_share_the_layers_they_have_in_common(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for version in ("v1", "v2"):
        layer = layout.add_layer(io.BytesIO(b"base"))
        layout.add_image(f"ghcr.io/org/a:{version}", {"author": version}, [layer])

    blobs = {path.name for path in (tmp_path / "blobs" / "sha256").iterdir()}
    assert len(blobs) == 1 + 2 * 2  # the layer, and a configuration and a manifest each
    assert layout.image("ghcr.io/org/a:v1") != layout.image("ghcr.io/org/a:v2")


def test_an_image_is_found_again_by_name_in_a_layout_opened_later(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    added = layout.add_image("ghcr.io/org/a:v1", {}, [layout.add_layer(io.BytesIO(b"base"))])

    assert Layout(tmp_path).image("ghcr.io/org/a:v1") == added


def test_an_unknown_image_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"ghcr\.io/org/a:v9"):
        Layout(tmp_path / "layout").image("ghcr.io/org/a:v9")


def test_a_docker_archive_is_taken_in_with_its_configuration_and_layers(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    config = {"architecture": "arm64", "config": {"Cmd": ["run"]}, "rootfs": {"type": "layers", "diff_ids": ["x"]}}
    with tarfile.open(archive, "w") as tar:
        _add(tar, "c.json", json.dumps(config).encode())
        _add(tar, "lower.tar", b"lower")
        _add(tar, "manifest.json", json.dumps([{"Config": "c.json", "Layers": ["lower.tar"]}]).encode())
    layout = Layout(tmp_path / "layout")

    image = layout.add_docker_archive("ghcr.io/org/a:v1", archive)

    kept = json.loads(_read(layout, image.parts[0]))
    assert kept["config"] == {"Cmd": ["run"]}
    assert kept["rootfs"]["diff_ids"] == [_sha256(b"lower")]
    assert _read(layout, image.parts[1]) == b"lower"


def test_the_archive_names_its_images_as_containerd_reads_them(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "layout")
    layout.add_image("lab.local/a:1", {}, [layout.add_layer(io.BytesIO(b"a"))])
    layout.add_image("lab.local/b:1", {}, [layout.add_layer(io.BytesIO(b"b"))])
    layout.write_archive(tmp_path / "images.tar")

    with tarfile.open(tmp_path / "images.tar") as tar:
        names = tar.getnames()
        index = json.load(tar.extractfile("index.json") or io.BytesIO())
        version = json.load(tar.extractfile("oci-layout") or io.BytesIO())
    assert version == {"imageLayoutVersion": "1.0.0"}
    assert [entry["annotations"]["io.containerd.image.name"] for entry in index["manifests"]] == [
        "lab.local/a:1",
        "lab.local/b:1",
    ]
    for entry in index["manifests"]:
        assert f"blobs/sha256/{entry['digest'].removeprefix('sha256:')}" in names
