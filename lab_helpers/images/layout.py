"""Images on disk as the OCI image layout has them: blobs named by digest, and an index that names images."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Blob", "Image", "Layout"]

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
# Layers stay uncompressed: between processes of one machine compressing costs seconds and saves nothing.
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
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


class Layout:
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
        """Keep an uncompressed tar archive as a layer."""
        part = self._blobs / "part"
        sha256, size = hashlib.sha256(), 0
        with part.open("wb") as file:
            while chunk := tar.read(_CHUNK):
                sha256.update(chunk)
                size += file.write(chunk)
        blob = Blob(_LAYER_TYPE, f"sha256:{sha256.hexdigest()}", size)
        part.rename(self.path(blob))
        return blob

    def add_image(self, name: str, config: Mapping[str, Any], layers: Sequence[Blob]) -> Image:
        """Name an image made of layers kept before.

        Args:
            name: Its full reference, as in ``ghcr.io/org/prj-02:v1.0.0``.
            config: The image configuration without its ``rootfs``, which follows from the layers.
            layers: From the lowest to the highest; a layer kept uncompressed has the digest of its content.
        """
        rootfs = {"type": "layers", "diff_ids": [layer.digest for layer in layers]}
        kept_config = self._add_json(_CONFIG_TYPE, {**config, "rootfs": rootfs})
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": kept_config.descriptor,
            "layers": [layer.descriptor for layer in layers],
        }
        kept_manifest = self._add_json(MANIFEST_TYPE, manifest)
        entry = {**kept_manifest.descriptor, "annotations": dict.fromkeys(_NAME_ANNOTATIONS, name)}
        self._write_index([*self._entries(), entry])
        return Image(kept_manifest, (kept_config, *layers))

    def add_docker_archive(self, name: str, archive: Path) -> Image:
        """Name the one image of a file that ``docker save`` or its like wrote."""
        with tarfile.open(archive) as tar:
            listing = json.loads(_member(tar, "manifest.json").read())[0]
            config = json.loads(_member(tar, listing["Config"]).read())
            return self.add_image(name, config, [self.add_layer(_member(tar, layer)) for layer in listing["Layers"]])

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

    def _entries(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = json.loads(self._index.read_text())["manifests"]
        return entries

    def _write_index(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self._index.write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))

    def _add_json(self, media_type: str, content: Mapping[str, Any]) -> Blob:
        encoded = json.dumps(content, sort_keys=True).encode()
        blob = Blob(media_type, f"sha256:{hashlib.sha256(encoded).hexdigest()}", len(encoded))
        self.path(blob).write_bytes(encoded)
        return blob


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(name)
    assert file is not None, f"{name} is not a file"
    return file
