"""Images on disk: shared layers, standard manifests, archives that other tools read."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.images.layout import Blob, ImageLayout


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _read(layout: ImageLayout, blob: Blob) -> bytes:
    content = layout.path(blob).read_bytes()
    assert _sha256(content) == blob.digest
    assert len(content) == blob.size
    return content


def test_a_manifest_names_configuration_and_layers_by_their_digests(tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path / "layout")
    lower, upper = layout.add_layer(io.BytesIO(b"lower")), layout.add_layer(io.BytesIO(b"upper"))
    image = layout.add_image("ghcr.io/org/a:v1", {"architecture": "amd64", "os": "linux"}, [lower, upper])

    manifest = json.loads(_read(layout, image.manifest))
    config = json.loads(_read(layout, image.parts[0]))

    assert [layer["digest"] for layer in manifest["layers"]] == [_sha256(b"lower"), _sha256(b"upper")]
    assert manifest["config"]["digest"] == image.parts[0].digest
    assert config["rootfs"] == {"type": "layers", "diff_ids": [_sha256(b"lower"), _sha256(b"upper")]}
    assert config["architecture"] == "amd64"


def test_images_share_the_layers_they_have_in_common(tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path)
    for version in ("v1", "v2"):
        layer = layout.add_layer(io.BytesIO(b"base"))
        layout.add_image(f"ghcr.io/org/a:{version}", {"author": version}, [layer])

    blobs = {path.name for path in (tmp_path / "blobs" / "sha256").iterdir()}
    assert len(blobs) == 1 + 2 * 2  # the layer, and a configuration and a manifest each
    assert layout.image("ghcr.io/org/a:v1") != layout.image("ghcr.io/org/a:v2")


def test_an_image_is_found_again_by_name_in_a_layout_opened_later(tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path)
    added = layout.add_image("ghcr.io/org/a:v1", {}, [layout.add_layer(io.BytesIO(b"base"))])

    assert ImageLayout(tmp_path).image("ghcr.io/org/a:v1") == added


def test_an_unknown_image_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"ghcr\.io/org/a:v9"):
        ImageLayout(tmp_path / "layout").image("ghcr.io/org/a:v9")


LOWER, UPPER = b"lower" * 100, b"upper" * 100
# With blanks that no encoder of ours would write: what is kept is what the archive holds, byte for byte.
CONFIG = json.dumps(
    {
        "architecture": "arm64",
        "config": {"Cmd": ["run"]},
        "rootfs": {"type": "layers", "diff_ids": [_sha256(LOWER), _sha256(UPPER)]},
    },
    indent=3,
).encode()


def _save(path: Path, config: str, layers: dict[str, bytes], **others: bytes) -> Path:
    """An archive as ``docker save`` writes it: a listing, and the files it names."""
    listing = [{"Config": config, "RepoTags": ["a:v1"], "Layers": list(layers)}]
    with tarfile.open(path, "w") as tar:
        for name, content in {config: CONFIG, **layers, **others}.items():
            _add(tar, name, content)
        _add(tar, "manifest.json", json.dumps(listing).encode())
    return path


def _legacy(path: Path) -> Path:
    """As Docker before 25 wrote it: a directory a layer, unpacked."""
    return _save(path, "c0ffee.json", {"1/layer.tar": LOWER, "2/layer.tar": UPPER})


def _containerd(path: Path) -> Path:
    """As Docker 29 with its default image store: an OCI layout, its layers as they were pulled or built."""
    layers = {
        f"blobs/sha256/{_sha256(layer).removeprefix('sha256:')}": layer for layer in (gzip.compress(LOWER), UPPER)
    }
    config = f"blobs/sha256/{_sha256(CONFIG).removeprefix('sha256:')}"
    return _save(path, config, layers, **{"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": b"{}"})


@pytest.mark.parametrize("save", [_legacy, _containerd])
def test_a_docker_archive_is_taken_in_as_it_is(save: Callable[[Path], Path], tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path / "layout")
    image = layout.add_docker_archive("ghcr.io/org/a:v1", save(tmp_path / "image.tar"))

    config, *layers = image.parts
    assert _read(layout, config) == CONFIG
    # What a node does: unpack each layer as its media type says, and compare with the configuration.
    unpack: dict[str, Callable[[bytes], bytes]] = {"tar": bytes, "tar+gzip": gzip.decompress}
    unpacked = [unpack[layer.media_type.rpartition(".")[2]](_read(layout, layer)) for layer in layers]
    assert [_sha256(layer) for layer in unpacked] == json.loads(CONFIG)["rootfs"]["diff_ids"]


def test_a_layer_packed_with_zstd_is_called_so(tmp_path: Path) -> None:
    layer = ImageLayout(tmp_path).add_layer(io.BytesIO(b"\x28\xb5\x2f\xfd and what follows"))
    assert layer.media_type == "application/vnd.oci.image.layer.v1.tar+zstd"


def test_a_layer_that_the_archive_has_under_two_names_is_taken_for_both(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    link = tarfile.TarInfo("2/layer.tar")
    link.type, link.linkname = tarfile.SYMTYPE, "../1/layer.tar"
    with tarfile.open(archive, "w") as tar:
        _add(tar, "c.json", CONFIG)
        _add(tar, "1/layer.tar", LOWER)
        tar.addfile(link)
        listing = [{"Config": "c.json", "Layers": ["1/layer.tar", "2/layer.tar"]}]
        _add(tar, "manifest.json", json.dumps(listing).encode())
    image = ImageLayout(tmp_path / "layout").add_docker_archive("ghcr.io/org/a:v1", archive)
    assert [layer.digest for layer in image.parts[1:]] == [_sha256(LOWER)] * 2


def _oci(path: Path) -> None:
    with tarfile.open(path, "w") as tar:
        _add(tar, "index.json", b"{}")


def _several(path: Path) -> None:
    with tarfile.open(path, "w") as tar:
        _add(tar, "manifest.json", b"[{}, {}]")


def _short(path: Path) -> None:
    _save(path, "c.json", {"1/layer.tar": LOWER})


def _cut(path: Path) -> None:
    _legacy(path).write_bytes(gzip.compress(_legacy(path).read_bytes())[:-200])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_text("not a tar"), "could not be opened"),
        (_oci, "manifest.json"),
        (_several, "2 images in it instead of one"),
        (_short, "1 layers instead of 2"),
        (_cut, "end-of-stream marker"),
    ],
    ids=["text", "oci", "several", "short", "cut"],
)
def test_an_archive_that_is_none_is_said_with_what_makes_one(
    damage: Callable[[Path], object], reason: str, tmp_path: Path
) -> None:
    archive = tmp_path / "image.tar"
    damage(archive)
    with pytest.raises(LabError, match=reason) as caught:
        ImageLayout(tmp_path / "layout").add_docker_archive("ghcr.io/org/a:v1", archive)
    assert caught.value.object == str(archive)
    assert caught.value.next_step.startswith("docker save --output")


def test_the_archive_names_its_images_as_containerd_reads_them(tmp_path: Path) -> None:
    layout = ImageLayout(tmp_path / "layout")
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
