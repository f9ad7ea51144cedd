"""What Git says should run: a file as the branch main has it, or a card that says why nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab_helpers.errors import CheckFailed, CommandFailed
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.repository import Repository

__all__ = ["Committed", "Uncommitted", "expect_clean", "expect_on_main", "expect_readable", "read", "text"]

_CHANGES_SHOWN = 3


class Uncommitted(CheckFailed):
    """What runs, or is about to, is in no commit; the next step commits it."""


@dataclass(frozen=True)
class Committed:
    """A file in Git.

    Attributes:
        text: What it says there.
        commit: The commit that changed it last, in short.
        subject: What that commit says of itself.
        at: Since when it says so, in seconds since 1970; whole ones.
    """

    text: str
    commit: str
    subject: str
    at: int

    def __str__(self) -> str:
        return f"{self.commit} {self.subject}"


def read(workspace: Path, repository: str, name: str) -> Committed:
    """A file as it is committed on ``main``, where that is checked out and nothing in the file differs from it.

    Args:
        workspace: Where the learner works.
        repository: The repository, as a path below it.
        name: The file, relative to the repository.

    Raises:
        CheckFailed: It is no repository, has something half done, another branch checked out, or a secret in it.
        Uncommitted: The file is not committed as it is.
    """
    expect_readable(workspace, repository)
    directory = workspace / repository
    committed = text(directory, name)
    if not _says(directory / name, committed):
        raise Uncommitted(
            _("{file} as it is, in a commit").format(file=f"{repository}/{name}"),
            seen=_("it was edited, and the edit is in no commit") if committed else _("it is in no commit"),
            hint=_why_commit(),
            next_step=_commit_it(repository, name, is_new=not committed),
        )
    dates, commit, subject = git.run(directory, "log", "-1", "--format=%at %ct%n%h%n%s", "--", name).splitlines()
    authored, at = dates.split()
    return Committed(committed, commit, subject, min([int(at), *_earlier(directory, name, authored, committed)]))


def _earlier(directory: Path, name: str, authored: str, committed: str) -> Iterator[int]:
    """When what a commit was before it was amended, merged or moved said the same: each has the author's date of it."""
    for line in git.run(directory, "log", "--walk-reflogs", "--format=%at %ct %H", "HEAD").splitlines():
        first_authored, at, commit = line.split()
        if first_authored == authored and git.run(directory, "show", f"{commit}:{name}") == committed:
            yield int(at)


def expect_clean(workspace: Path, repository: str, directory: str) -> None:
    """Make sure that all of a directory is committed on ``main`` as it is.

    Args:
        workspace: Where the learner works.
        repository: The repository, as a path below it.
        directory: The directory, relative to the repository.

    Raises:
        CheckFailed: It is no repository, has something half done, another branch checked out, or a secret in it.
        Uncommitted: Something of the directory is in no commit.
    """
    expect_readable(workspace, repository)
    changes = git.run(workspace / repository, "status", "--porcelain", "--", directory).splitlines()
    if changes:
        raise Uncommitted(
            _("{directory} as it is, in a commit").format(directory=f"{repository}/{directory}"),
            seen=", ".join(line.strip() for line in changes[:_CHANGES_SHOWN]),
            hint=_why_commit(),
            next_step=_commit_it(repository, directory, is_new=True),
        )


def expect_readable(workspace: Path, repository: str) -> None:
    """Make sure that a repository is one, is on ``main``, and has neither anything half done nor a secret in it.

    Raises:
        CheckFailed: It is otherwise; says how to mend it.
    """
    learners = Repository(workspace / repository)
    if not learners.is_usable:
        raise CheckFailed(
            _("a Git repository in {repository}").format(repository=repository),
            seen=_("a .git that git cannot read") if (learners.directory / ".git").exists() else _("no .git in it"),
            hint=_("Your files are there, and the commits are not. What this gives you is a repository again."),
            next_step=f"lab reset {repository}/.git",
        )
    expect_on_main(workspace, repository)
    secrets = learners.committed_secrets()
    if secrets:
        raise CheckFailed(
            _("no secret values in {repository}'s commits").format(repository=repository),
            seen=", ".join(secrets),
            hint=_(
                "Whoever may read the repository may read the values, also after the file is gone: a commit stays. "
                "In earnest they would have to be drawn anew."
            ),
            next_step=f"git -C {repository} rm --cached {' '.join(secrets)} && git -C {repository} commit -m '…'",
        )


def expect_on_main(workspace: Path, repository: str) -> None:
    """Make sure that a repository that git can read has nothing half done, and ``main`` checked out.

    Raises:
        CheckFailed: It is otherwise; says how to mend it.
    """
    learners = Repository(workspace / repository)
    half_done = learners.half_done()
    if half_done:
        raise CheckFailed(
            _("nothing half done in {repository}").format(repository=repository),
            seen=", ".join(half_done),
            hint=_("git waits for you to go on or to give up; `git status` says how to do either."),
            next_step=f"git -C {repository} status",
        )
    branch = learners.branch()
    if branch != "main":
        raise CheckFailed(
            _("the branch main in {repository}").format(repository=repository),
            seen=_("the branch {branch}").format(branch=branch) if branch else _("no branch (a detached HEAD)"),
            hint=_("What should run is what main says; here you work beside it, and nobody who deploys looks there."),
            next_step=_back_to_main(repository, branch or learners.head()[:10]),
        )


def text(directory: Path, name: str) -> str:
    """What a file says in the commit that is checked out; empty where it is not there, or nothing can be read.

    Args:
        directory: The repository.
        name: The file, relative to it.
    """
    try:
        return git.run(directory, "show", f"HEAD:{name}")
    except CommandFailed:
        return ""


def _says(file: Path, committed: str) -> bool:
    try:
        return bool(committed) and file.read_text(encoding="utf-8", errors="replace") == committed
    except OSError:
        return False


def _why_commit() -> str:
    return _(
        "Whoever else deploys has what is committed, and nothing else: what you have only edited is "
        "nobody's but yours, and the next clean copy does not have it."
    )


def _commit_it(repository: str, name: str, *, is_new: bool) -> str:
    if is_new:
        return f'git -C {repository} add {name} && git -C {repository} commit -m "…"'
    return f'git -C {repository} commit -am "…"'


def _back_to_main(repository: str, work: str) -> str:
    return f"git -C {repository} switch main && git -C {repository} merge {work}"
