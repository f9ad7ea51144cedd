"""Move a repository to a start, and keep on branches what it would lose: what is in no commit, or on no branch."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lab_helpers.errors import CommandFailed
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.git import MAIN
from lab_helpers.workbook.learner.repository import SECRETS, START, Repository, Start

__all__ = ["keep", "move_to", "old_refs", "uncommitted"]


def uncommitted(repository: Repository, message: str, start: str) -> str:
    """Commit what is in the working tree and in no commit, on no branch; the learner's repository stays as it is.

    Returns:
        The commit; the one that is checked out where there is nothing uncommitted.
    """
    parent = repository.head() or start
    staged = _staged(repository, message, parent)
    return repository.record(message, [staged or parent], None, upon=[parent, start])  # also what Git is told to ignore


def keep(repository: Repository, commits: Iterable[str], start: str = "") -> list[str]:
    """Put branches to commits that none has, once for the same work, and return their names.

    Args:
        repository: The repository.
        commits: The commits.
        start: Where ``main`` is about to be; empty where it stays.
    """
    begun = [START] if repository.commit_of(START) else []
    known = [start, *begun, "--exclude=main", "--branches"] if start else [*begun, "--branches"]
    branches = []
    for commit in commits:
        if git.run(repository.directory, "rev-list", "-n", "1", commit, "--not", *known).strip():
            work = git.run(
                repository.directory, "log", "--format=%T%n%B", commit, "--not", *filter(None, [start, *begun])
            )
            branch = f"kept/{hashlib.sha256(work.encode()).hexdigest()[:10]}"
            if not repository.commit_of(f"refs/heads/{branch}"):
                git.run(repository.directory, "update-ref", f"refs/heads/{branch}", commit)
            branches.append(branch)
    return branches


def old_refs(repository: Repository, start: Start) -> list[str]:
    """The commits of the refs that ``move_to`` would change."""
    refs = {**start.refs, MAIN: start.commit}
    peeled = "%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)"  # of an annotated tag
    listed = git.run(repository.directory, "for-each-ref", f"--format=%(refname) {peeled}", *refs)
    commits = dict(line.split() for line in listed.splitlines())
    return [commit for ref, commit in commits.items() if refs.get(ref, commit) != commit]


def move_to(repository: Repository, start: Start, snapshot: str) -> None:
    """Bring ``main``, the other refs, index and working tree to a start; what Git ignores stays where it is.

    Args:
        repository: The repository.
        start: The start.
        snapshot: A commit that has every file which may go.
    """
    repository.give_up_half_done()
    for lock in repository.git_directory.rglob("*.lock"):  # left behind by a kill
        lock.unlink()
    (repository.git_directory / "index").unlink(missing_ok=True)  # whatever it hides from git
    repository.point_to(start)
    for name in sorted(_names(repository, snapshot) - _names(repository, start.commit)):
        _remove(repository, Path(name))
    git.run(repository.directory, "reset", "--hard", "--quiet")


def _staged(repository: Repository, message: str, parent: str) -> str:
    """A commit of what was staged, as its file may have changed since; empty where nothing is, or a conflict."""
    own = repository.git_directory / "index"
    if not own.exists():
        return ""
    with repository.index() as index:
        shutil.copy(own, index)
        try:
            git.run(repository.directory, "rm", "-rfq", "--cached", "--ignore-unmatch", "--", *SECRETS, index=index)
            tree = git.run(repository.directory, "write-tree", index=index).strip()
        except CommandFailed:
            return ""
    return repository.commit_tree(tree, message, [parent], None)


def _remove(repository: Repository, name: Path) -> None:
    """Remove a file, and the directories above it that are empty then."""
    (repository.directory / name).unlink(missing_ok=True)
    for parent in name.parents[:-1]:
        with suppress(OSError):  # something is left in it
            (repository.directory / parent).rmdir()


def _names(repository: Repository, commit: str) -> set[str]:
    return set(git.run(repository.directory, "ls-tree", "-r", "-z", "--name-only", commit).split("\0")) - {""}
