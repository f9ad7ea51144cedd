"""Check which modules import which, names in Python files, Go files' format, workflows, shell scripts and Dockerfiles.

python -m tests.lint
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from lab_helpers import checkout, paths, shell
from lab_helpers.errors import CommandFailed
from lab_helpers.files import content_key, once
from lab_helpers.programs import toolchain
from tests.lint import rooms
from tests.lint.names import vague_names

DIRECTORY = Path(__file__).parent / "gobuild"
ROOT = checkout.source_directory()
WORKFLOWS = [path for place in (".github", "app/*/.github") for path in sorted(ROOT.glob(f"{place}/workflows/*.yml"))]
_IMAGES = ("app", "lab_helpers/images/services", "tests/integration/images/app")
DOCKERFILES = [path for place in _IMAGES for path in sorted((ROOT / place).rglob("Dockerfile"))]


def actionlint() -> Path:
    """The program; built in a few seconds where the cache has none.

    Raises:
        LabError: It cannot be built.
    """

    def make(part: Path) -> None:
        go = toolchain.find().program
        command: list[str | Path] = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", part, "tool"]
        shell.run(command, cwd=DIRECTORY, env=toolchain.environment(), next_step="go env GOPROXY")

    key = content_key(DIRECTORY / "go.mod", DIRECTORY / "go.sum")
    cache = paths.cache_directory() / "actionlint"
    cache.mkdir(parents=True, exist_ok=True)
    return once(cache / f"actionlint-{key}", make)


def scripts() -> list[Path]:
    """The shell scripts of the checkout that run by themselves; a lab's are lines for a learner to type."""
    places = [".ci/*", "app/*/scripts/*.sh", "infra/**/*.sh", "tests/**/*.sh"]
    places += ["lab_helpers/addons/*/manifests/**/*", "lab_helpers/workbook/room/*"]
    places += ["lab_helpers/distribution/bundle/*.sh"]
    paths = (path for place in places for path in sorted(ROOT.glob(place)) if path.is_file())
    return [path for path in paths if path.read_text().startswith("#!")]


def unformatted() -> str:
    """The project's own Go files that gofmt would change, one a line."""
    files = sorted(ROOT.glob("lab_helpers/programs/*/*.go"))
    return shell.run([toolchain.find().program.with_name("gofmt"), "-l", *files]).stdout


def main() -> int:
    """Print the faults; 1 if there are any."""
    if names := vague_names(ROOT):
        print("\n".join(names))
        return 1
    if changes := unformatted():
        print(f"gofmt -w {' '.join(changes.split())}")
        return 1
    if arrows := rooms.findings(ROOT):
        print("\n".join(arrows))
        return 1
    shell_scripts, environment = scripts(), Path(sys.executable).parent
    # Without the shellcheck and pyflakes that this machine happens to have: what they find would depend on it.
    checks: list[tuple[str, Sequence[str | Path]]] = [
        (f"{len(WORKFLOWS)} workflows", [actionlint(), "-shellcheck=", "-pyflakes=", *WORKFLOWS]),
        (f"{len(shell_scripts)} shell scripts", [environment / "shellcheck", *shell_scripts]),
        (f"{len(DOCKERFILES)} Dockerfiles", [environment / "hadolint", *DOCKERFILES]),
    ]
    for subject, command in checks:
        try:
            shell.run(command)
        except CommandFailed as error:
            print(error.output)
            return 1
        print(f"{subject} are in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
