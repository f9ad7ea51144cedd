"""Check which modules import which, the names in Python files, Go files' format, GitHub workflows (with actionlint).

python -m tests.lint
"""

from __future__ import annotations

import sys
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
    try:
        # Neither shellcheck nor pyflakes: what they find would depend on what this machine happens to have.
        shell.run([actionlint(), "-shellcheck=", "-pyflakes=", *WORKFLOWS])
    except CommandFailed as error:
        print(error.output)
        return 1
    print(f"{len(WORKFLOWS)} workflows are in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
