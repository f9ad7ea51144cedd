"""The wheels of locked requirements: fetched once, for the image's Python, and only with the hash that is noted."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from lab_helpers.errors import CommandFailed
from lab_helpers.images import wheels

pytest.importorskip("pip", reason="uv sync --group images")


def _wheel(directory: Path, tag: str) -> str:
    """Write a wheel of a distribution ``word`` and return its hash."""
    file = directory / f"word-1.0-{tag}.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: word\nVersion: 1.0\n")
        archive.writestr("word-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr("word-1.0.dist-info/RECORD", "")
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of wheels, which is all that pip asks."""
    directory = tmp_path / "index"
    directory.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return directory


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of an image with a Python that is not this one."""
    (tmp_path / "root/usr/bin").mkdir(parents=True)
    (tmp_path / "root/usr/bin/python3.9").touch()
    return tmp_path / "root"


def _locked(directory: Path, *options: str) -> Path:
    file = directory / "requirements.txt"
    file.write_text(" ".join(["word==1.0", *options]) + "\n")
    return file


def test_the_wheel_for_the_images_python_is_fetched_once(index: Path, root: Path, tmp_path: Path) -> None:
    hashes = [f"--hash=sha256:{_wheel(index, tag)}" for tag in ("cp39-none-any", "cp314-none-any")]
    locked = _locked(tmp_path, *hashes)
    directory = wheels.fetch(locked, root)
    assert [file.name for file in directory.iterdir()] == ["word-1.0-cp39-none-any.whl"]
    for file in index.iterdir():
        file.unlink()
    assert wheels.fetch(locked, root) == directory


@pytest.mark.parametrize("options", [(), (f"--hash=sha256:{'0' * 64}",)])
def test_a_wheel_without_its_hash_is_refused(options: tuple[str, ...], index: Path, root: Path, tmp_path: Path) -> None:
    _wheel(index, "py3-none-any")
    locked = _locked(tmp_path, *options)
    with pytest.raises(CommandFailed) as caught:
        wheels.fetch(locked, root)
    assert "hash" in caught.value.output.lower()
    assert caught.value.next_step == f"uv export --output-file {locked}"
