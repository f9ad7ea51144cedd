"""Images on disk as the OCI image layout has them: blobs named by digest, and an index that names images."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lab_helpers import files
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Blob", "Image", "ImageLayout"]

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
# The lab's own layers stay uncompressed: between processes of one machine compressing costs seconds and saves nothing.
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
# What a compressed file begins with. An archive may hold either: Docker's containerd image store saves layers as they
# were pulled, its older one unpacked.
_COMPRESSED = {b"\x1f\x8b": "+gzip", b"\x28\xb5\x2f\xfd": "+zstd"}
# The name containerd stores an image under when it imports a layout is its own annotation; other tools read
# the standard one.
_NAME_ANNOTATIONS = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Blob:
    """A piece of content.

    Attributes:
        media_type: What it is.
        digest: As in ``sha256:4bc…``.
        size: Its length in bytes.
    """

    media_type: str
    digest: str
    size: int

    @property
    def descriptor(self) -> dict[str, Any]:
        """How a manifest refers to it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True)
class Image:
    """An image: its manifest, and the configuration and layers the manifest refers to."""

    manifest: Blob
    parts: tuple[Blob, ...]


class ImageLayout:
    """A directory of images that share their blobs.

    Args:
        directory: Made where it is missing.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._blobs = directory / "blobs" / "sha256"
        self._index = directory / "index.json"
        if not self._index.exists():
            self._blobs.mkdir(parents=True)
            (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
            self._write_index([])

    def path(self, blob: Blob) -> Path:
        """Where a blob of this layout lies."""
        return self._blobs / blob.digest.removeprefix("sha256:")

    def add_layer(self, tar: IO[bytes]) -> Blob:
        """Keep a tar archive as a layer, compressed or not, as its bytes say."""
        part = self._blobs / "part"
        sha256, size, media_type = hashlib.sha256(), 0, _LAYER_TYPE
        with part.open("wb") as file:
            while chunk := tar.read(_CHUNK):
                if not size:
                    media_type += _compression(chunk)
                sha256.update(chunk)
                size += file.write(chunk)
        blob = Blob(media_type, f"sha256:{sha256.hexdigest()}", size)
        part.rename(self.path(blob))
        return blob

    def add_image(self, name: str, config: Mapping[str, Any], layers: Sequence[Blob]) -> Image:
        """Name an image made of layers kept before.

        Args:
            name: Its full reference, as in ``ghcr.io/org/app:v1.2.3``.
            config: The image configuration without its ``rootfs``, which follows from the layers.
            layers: From the lowest to the highest, uncompressed: such a layer has the digest of its content.
        """
        rootfs = {"type": "layers", "diff_ids": [layer.digest for layer in layers]}
        return self._add_manifest(name, self._add_json(_CONFIG_TYPE, {**config, "rootfs": rootfs}), layers)

    def add_docker_archive(self, name: str, archive: Path) -> Image:
        """Name the one image of a file that ``docker save`` or its like wrote, and keep it as it is there.

        Raises:
            LabError: The file is none, lacks a part, or holds several images.
        """
        try:
            with tarfile.open(archive) as tar:
                config, layers = _listing(tar)
                kept_config = self._add_bytes(_CONFIG_TYPE, _member(tar, config).read())
                return self._add_manifest(name, kept_config, [self.add_layer(_member(tar, layer)) for layer in layers])
        except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, LookupError, TypeError, ValueError) as error:
            raise LabError(
                _("is no whole archive as docker save writes it: {error}").format(error=error),
                object=str(archive),
                next_step=f"docker save --output {archive} IMAGE",
            ) from error

    def image(self, name: str) -> Image:
        """The image of that name.

        Raises:
            LabError: There is none.
        """
        for entry in self._entries():
            if name in entry["annotations"].values():
                blob = Blob(entry["mediaType"], entry["digest"], entry["size"])
                manifest = json.loads(self.path(blob).read_bytes())
                parts = [manifest["config"], *manifest["layers"]]
                return Image(blob, tuple(Blob(part["mediaType"], part["digest"], part["size"]) for part in parts))
        raise LabError(_("no image of that name"), object=f"{self.directory}: {name}")

    def write_archive(self, path: Path) -> None:
        """Write the whole layout as one tar archive, as ``ctr images import`` takes it."""
        with tarfile.open(path, "w") as tar:
            for file in sorted(self.directory.rglob("*")):
                tar.add(file, file.relative_to(self.directory).as_posix(), recursive=False)

    def write_docker_archive(self, name: str, image: Image, path: Path) -> None:
        """Write one image of the layout as a tar archive, as ``docker load`` takes it.

        Args:
            name: What it is called there.
            image: The image.
            path: The archive.
        """
        config, *layers = (self.path(part).relative_to(self.directory).as_posix() for part in image.parts)
        listing = json.dumps([{"Config": config, "RepoTags": [name], "Layers": layers}]).encode()
        with tarfile.open(path, "w") as tar:
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(listing)
            tar.addfile(entry, io.BytesIO(listing))
            for file in dict.fromkeys([config, *layers]):
                tar.add(self.directory / file, file)

    def _entries(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = json.loads(self._index.read_text())["manifests"]
        return entries

    def _write_index(self, entries: Sequence[Mapping[str, Any]]) -> None:
        files.write(self._index, json.dumps({"schemaVersion": 2, "manifests": entries}))

    def _add_manifest(self, name: str, config: Blob, layers: Sequence[Blob]) -> Image:
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config.descriptor,
            "layers": [layer.descriptor for layer in layers],
        }
        kept_manifest = self._add_json(MANIFEST_TYPE, manifest)
        entry = {**kept_manifest.descriptor, "annotations": dict.fromkeys(_NAME_ANNOTATIONS, name)}
        self._write_index([*self._entries(), entry])
        return Image(kept_manifest, (config, *layers))

    def _add_json(self, media_type: str, content: Mapping[str, Any]) -> Blob:
        return self._add_bytes(media_type, json.dumps(content, sort_keys=True).encode())

    def _add_bytes(self, media_type: str, content: bytes) -> Blob:
        blob = Blob(media_type, f"sha256:{hashlib.sha256(content).hexdigest()}", len(content))
        self.path(blob).write_bytes(content)
        return blob


def _compression(beginning: bytes) -> str:
    """What a layer's media type says of how it is compressed."""
    return next((suffix for magic, suffix in _COMPRESSED.items() if beginning.startswith(magic)), "")


def _listing(tar: tarfile.TarFile) -> tuple[str, list[str]]:
    """The configuration and the layers of an archive's only image, by their names in the archive."""
    images = json.load(_member(tar, "manifest.json"))
    if len(images) != 1:
        raise ValueError(_("{count} images in it instead of one").format(count=len(images)))
    config, layers = images[0]["Config"], images[0]["Layers"]
    expected = json.load(_member(tar, config))["rootfs"]["diff_ids"]
    if len(expected) != len(layers):
        raise ValueError(_("{count} layers instead of {expected}").format(count=len(layers), expected=len(expected)))
    return config, layers


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(_("{name} is not a file").format(name=name))
    return file
