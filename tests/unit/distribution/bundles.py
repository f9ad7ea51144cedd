"""A small bundle for this machine, with next to nothing in it, and its script as a machine without a lab runs it."""

from __future__ import annotations

import os
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab_helpers import shell
from lab_helpers.distribution import contents, makefile
from lab_helpers.distribution.bundle import compression, creation, environment, packages

ENTRIES = {"images/web-1f2e/layout": "layers", "manifests/web.json": "{}", "binaries/archive-1/kubectl": "program"}


def repository(directory: Path) -> Path:
    """A checkout with two commits, all that a bundle looks at."""
    directory.mkdir()
    git(directory, "init", "--quiet", "--initial-branch=main")
    (directory / "notebooks").mkdir()
    for content in ("one", "two"):
        (directory / "notebooks" / "01.ipynb").write_text(content)
        git(directory, "add", ".")
        git(directory, "commit", "--quiet", f"--message={content}")
    git(directory, "tag", "v1.0.0")
    return directory


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Kim", "-c", "user.email=kim@example.com"]
    return shell.run(["git", "-C", directory, *identity, *arguments]).stdout.strip()


def twice(world: World) -> str:
    """Put another file before one of the same name in a bundle; returns the name."""
    name = "checkout.bundle"
    other = world.directory / "twice.tar"
    member = tarfile.TarInfo(name)
    with tarfile.open(other, "w", format=tarfile.GNU_FORMAT) as new, tarfile.open(world.file) as old:
        new.addfile(member)
        for each in old:
            new.addfile(each, old.extractfile(each))
    other.replace(world.file)
    return name


class World:
    """A machine that makes bundles and another that they are carried to, both below one directory."""

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.file = directory / "lab.tar"
        self.checkout = repository(directory / "made")
        self.home = directory / "home"
        self.cache = self.home / ".cache" / "kubernetes-lab"
        self.target = self.home / "lab"
        self.programs = directory / "programs"
        for path in (self.home, self.programs):
            path.mkdir()
        (self.programs / "zstd").symlink_to(compression.zstd())
        self._stand_in(patch)

    def _stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """What takes long or a network: the entries of the cache, the packages, the Python environment."""
        cache = self.makers_cache = self.directory / "cache" / "kubernetes-lab"
        for name, content in ENTRIES.items():
            (cache / name).parent.mkdir(parents=True, exist_ok=True)
            (cache / name).write_text(content)
        patch.setenv("XDG_CACHE_HOME", str(cache.parent))
        patch.setenv("LAB_CHECKOUT", str(self.checkout))
        paths = [Path("binaries/archive-1/kubectl"), Path("images/web-1f2e"), Path("manifests/web.json")]
        patch.setattr(contents, "entries", lambda _report: paths)
        values = {"DEBIAN_PACKAGES": "dpkg", "UV_VERSION": "1.0", "ENVIRONMENT_KEY": "5eed"}
        patch.setattr(makefile, "value", lambda _checkout, name: values[name])
        patch.setattr(packages, "write", lambda directory, _names: [_touch(directory / "Packages")])
        patch.setattr(environment, "write", lambda directory, *_rest: _touch(directory / "uv.whl"))
        patch.setattr(creation, "_TOOLS", ())

    def create(self) -> Path:
        """Make the bundle."""
        creation.create(self.file, lambda _line: None)
        return self.file

    def install(self, *arguments: str, path: Sequence[Path] = ()) -> subprocess.CompletedProcess[str]:
        """Install it, as the README says."""
        named = arguments or (str(self.file), str(self.target))
        return self.sh(f'tar -xOf "{self.file}" install.sh | sh -s -- "$@"', *named, path=path)

    def sh(self, script: str, *arguments: str, path: Sequence[Path] = ()) -> subprocess.CompletedProcess[str]:
        """Run a script on the other machine."""
        places = [*map(str, path), str(self.programs), os.environ["PATH"]]
        environment = {"HOME": str(self.home), "PATH": ":".join(places)}
        return subprocess.run(
            ["sh", "-c", script, "sh", *arguments], capture_output=True, text=True, check=False, env=environment
        )

    def installed(self) -> dict[str, str]:
        """The files of the other machine's cache, with what is in them."""
        files = [path for path in self.cache.rglob("*") if path.is_file() and path.suffix != ".lock"]
        return {str(path.relative_to(self.cache)): path.read_text() for path in files}


def _touch(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file
