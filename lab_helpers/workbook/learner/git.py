"""Run git for the lab itself: in one repository, without the user's settings, hooks and identity."""

from __future__ import annotations

import os
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.language import gettext as _

__all__ = ["MAIN", "NAME", "author", "forget_other_repositories", "init", "run", "succeeds"]

MAIN = "refs/heads/main"
"""The branch that says what should run."""

NAME = "Kubernetes lab"
"""Who commits what the lab itself changes."""

_ADDRESS = "lab@example.com"
_FULL = "No space left on device"
_OF_ANOTHER_REPOSITORY = (  # as `git rev-parse --local-env-vars` lists them: set in a hook, from which a lab may be run
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
# What a learner may have set in the repository's own configuration, and what they meant for their own commits.
_SETTINGS = {
    "commit.cleanup": "verbatim",
    "commit.gpgSign": "false",
    "core.autocrlf": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.sparseCheckout": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}


def run(
    directory: Path,
    *arguments: str | Path,
    work_tree: Path | None = None,
    index: Path | None = None,
    moment: int | None = None,
    input: str | None = None,  # noqa: A002
) -> str:
    """Run a git command in a repository and return what it printed.

    Args:
        directory: The repository's working tree, whose ``.git`` is the one that counts: none further up does.
        arguments: The command and its arguments.
        work_tree: The files to take instead of the repository's own.
        index: The index to use instead of the repository's own, which then stays as it is.
        moment: The date of what is committed, in seconds since 1970; by default now.
        input: What it reads from standard input.

    Raises:
        CommandFailed: It failed.
        LabError: The disk is full, or there is no git.
    """
    forget_other_repositories()
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    where: list[str | Path] = ["--git-dir", directory / ".git", "--work-tree", work_tree or directory]
    environment = author(moment) | ({} if index is None else {"GIT_INDEX_FILE": str(index)})
    try:
        return shell.run(
            ["git", *settings, *where, *arguments], cwd=work_tree or directory, env=environment, input=input
        ).stdout
    except CommandFailed as error:
        if _FULL not in str(error):
            raise
        reason = _("cannot be written: {reason}").format(reason=_FULL)
        raise LabError(reason, object=str(directory), next_step="df -h") from error


def succeeds(directory: Path, *arguments: str | Path) -> bool:
    """Whether a git command succeeds in a repository."""
    try:
        run(directory, *arguments)
    except CommandFailed:
        return False
    return True


def init(directory: Path) -> None:
    """Make a directory a repository with the branch ``main`` and no commit yet; files that are there stay.

    Raises:
        LabError: It cannot be written.
    """
    forget_other_repositories()
    shell.run(["git", "init", "--quiet", "--template=", "--initial-branch=main", directory], env=author(None))
    run(directory, "config", "log.excludeDecoration", "refs/lab/*")  # the lab's own marks are no news to a learner


def author(moment: int | None) -> dict[str, str]:
    """The variables by which git commits in the lab's name, and reads nobody's settings.

    Args:
        moment: The date of what is committed, in seconds since 1970; None for now.
    """
    dates = {} if moment is None else {f"GIT_{who}_DATE": f"@{moment} +0000" for who in ("AUTHOR", "COMMITTER")}
    return {
        "GIT_CONFIG_GLOBAL": str(Path(__file__).with_name("gitconfig")),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_EDITOR": "true",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
        **{f"GIT_{who}_NAME": NAME for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": _ADDRESS for who in ("AUTHOR", "COMMITTER")},
        **dates,
    }


def forget_other_repositories() -> None:
    """Remove the variables that name a repository from this process's environment."""
    for name in _OF_ANOTHER_REPOSITORY:
        os.environ.pop(name, None)
