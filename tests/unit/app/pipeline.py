"""An App repository of a few files, to run its pipeline's script in."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import checkout, shell
from lab_helpers.workbook.learner import git

SCRIPT = checkout.app_directory() / "prj_02/scripts/ci.sh"

# Notes what it is asked for and what it is given, and answers as a builder does that has built HEAD.
_BUILDER = """#!/bin/sh
echo "$*" >> "$RECORD"
for last; do :; done
case $1 in
build) ls -A "$last" >> "$RECORD" ;;
image) echo "$BUILT_REVISION" ;;
push) printf sha256:0123 > "$(echo "$*" | sed 's/.*--digestfile \\([^ ]*\\).*/\\1/')" ;;
esac
"""


@dataclass(frozen=True)
class AppRepository:
    """A Git repository with the script in it, and a builder that records.

    Attributes:
        directory: Its working tree.
    """

    directory: Path

    @property
    def record(self) -> str:
        """What the builder was asked for, a line each, and below ``build`` the files that it was given."""
        return (self.directory.parent / "record").read_text()

    def git(self, *arguments: str) -> str:
        return git.run(self.directory, *arguments).strip()

    def commit(self, message: str = "Change something") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def release(self, content: str) -> None:
        """Commit an image of one file with some content as v1.0.0, whichever commit was called so before."""
        (self.directory / "Dockerfile").write_text("FROM scratch\nCOPY file /file\n")
        (self.directory / "file").write_text(content)
        self.commit()
        self.git("tag", "--force", "v1.0.0")

    def run(self, *arguments: str, **environment: str) -> shell.Completed:
        bin_directory = self.directory.parent / "bin"
        return shell.run(
            [self.directory / "scripts/ci.sh", *arguments],
            env={
                "PATH": f"{bin_directory}:/usr/bin:/bin",
                "RECORD": str(self.directory.parent / "record"),
                "BUILDER": "podman",
                **dict.fromkeys(
                    ("REGISTRY", "IMAGE_REPOSITORY", "BASE_IMAGE", "BASE_REGISTRY", "REGISTRY_CERT_DIR"), ""
                ),
                **environment,
            },
            check=False,
        )


def make(directory: Path) -> AppRepository:
    """Make one with a first commit below a directory."""
    repository = AppRepository(directory / "app")
    (repository.directory / "scripts").mkdir(parents=True)
    shutil.copy2(SCRIPT, repository.directory / "scripts/ci.sh")
    (repository.directory / "Dockerfile").write_text("ARG BASE_IMAGE=docker.io/library/node:24\nFROM ${BASE_IMAGE}\n")
    (repository.directory / ".gitignore").write_text("*.log\n")
    (repository.directory / ".template.toml").write_text('template = "sample"\nversion = "1.2.3"\n')
    (directory / "bin").mkdir()
    for name in ("docker", "podman"):
        (directory / "bin" / name).write_text(_BUILDER)
        (directory / "bin" / name).chmod(0o755)
    git.init(repository.directory)
    repository.commit("Begin")
    return repository
