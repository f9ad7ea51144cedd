"""One Git repository of the learner's: brought to a start, and nothing that was in it is lost."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.git import MAIN

__all__ = ["SECRET_FILES", "START", "Repository", "Start"]

# The values of secrets: generated at random for a cluster's namespace that a start deletes, so worth nothing after it.
SECRET_FILES = "*.env"  # noqa: S105 - a pattern of file names
"""Which files of a workspace hold secret values; no commit ever has one."""

_SECRETS = f":(icase,glob)**/{SECRET_FILES}"
_NO_SECRETS = f":(exclude,icase,glob)**/{SECRET_FILES}"
_FETCHED = "refs/lab/before/"
START = "refs/lab/start"
"""Where a repository was when its notebook began."""

# What git leaves in a repository while something is half done, and how that is given up without touching a file.
_HALF_DONE = {
    "rebase-merge": ("rebase", "--quit"),
    "rebase-apply": ("am", "--quit"),
    "MERGE_HEAD": ("merge", "--quit"),
    "CHERRY_PICK_HEAD": ("cherry-pick", "--quit"),
    "REVERT_HEAD": ("revert", "--quit"),
    "sequencer": ("cherry-pick", "--quit"),
    "BISECT_LOG": ("bisect", "reset", "HEAD"),
}


@dataclass(frozen=True)
class Start:
    """What a repository begins with.

    Attributes:
        commit: Where ``main`` is.
        refs: Its tags, and branches other than ``main``, with their commits.
    """

    commit: str
    refs: Mapping[str, str]


@dataclass(frozen=True)
class Repository:
    """A repository in a learner's workspace.

    Attributes:
        directory: Its working tree.
    """

    directory: Path

    @property
    def is_usable(self) -> bool:
        """Whether git can read it; ``False`` where its ``.git`` is gone, or no repository any more."""
        return (self.directory / ".git").exists() and git.succeeds(self.directory, "rev-parse", "--git-dir")

    def nested(self) -> list[Path]:
        """The repositories that lie inside, by their ``.git``: git would pass over the files around them."""
        return [path for path in self.directory.rglob(".git") if path.parent != self.directory]

    @property
    def knows_start(self) -> bool:
        """Whether it knows where it was when its notebook began."""
        return self.is_usable and bool(self._commit(START))

    @property
    def has_moved(self) -> bool:
        """Whether ``main`` is elsewhere than it was when its notebook began."""
        return self._commit(MAIN) != self._commit(START)

    @property
    def is_sound(self) -> bool:
        """Whether every object that its refs name is there."""
        return git.succeeds(self.directory, "fsck", "--connectivity-only", "--no-dangling")

    def expect_unlocked(self) -> None:
        """Make sure that no other git is at work in it.

        Raises:
            LabError: One is, or was killed.
        """
        lock = self._git_directory / "index.lock"
        if lock.exists():
            reason = _("is locked: another git is at work in it, or one was killed")
            raise LabError(reason, object=str(self.directory), next_step=f"rm -f {lock}   # {_('where none is')}")

    def half_done(self) -> list[str]:
        """What is under way in it, by the file in which git notes it: a rebase, a merge, a revert."""
        return [name for name in _HALF_DONE if (self._git_directory / name).exists()]

    def head(self) -> str:
        """The commit that is checked out; empty for none."""
        return self._commit("HEAD")

    def tree(self) -> str:
        """All files of the commit that is checked out, as one hash; empty for none."""
        head = self.head()
        return git.run(self.directory, "rev-parse", f"{head}^{{tree}}").strip() if head else ""

    def record(
        self,
        message: str,
        parents: Sequence[str],
        moment: int | None,
        *,
        files: Path | None = None,
        paths: Sequence[str] = (".",),
        upon: Sequence[str] = (),
        is_known: bool = False,
    ) -> str:
        """Commit files without touching the learner's index, branches or working tree.

        Args:
            message: What the commit says.
            parents: The commits before it.
            moment: Its date, in seconds since 1970; None for now.
            files: A directory with the files; by default the working tree, without what Git ignores.
            paths: Which of the files; by default all.
            upon: Commits whose files are in it, too: as they are among these files, else as they were.
            is_known: Whether only files count that are in those commits.

        Returns:
            The commit; the only parent where it would change nothing.
        """
        with self._index() as index:
            for commit in upon:
                entries = git.run(self.directory, "ls-tree", "-r", "-z", commit)
                git.run(self.directory, "update-index", "-z", "--replace", "--index-info", input=entries, index=index)
            arguments = ["--force", "--ignore-removal"] if files else ["--update" if is_known else "--all"]
            git.run(self.directory, "add", *arguments, "--", *paths, _NO_SECRETS, work_tree=files, index=index)
            tree = git.run(self.directory, "write-tree", index=index).strip()
        return self._commit_tree(tree, message, parents, moment)

    def branch(self) -> str:
        """The branch that is checked out; empty for a detached HEAD."""
        return git.run(self.directory, "branch", "--show-current").strip()

    def committed_secrets(self) -> list[str]:
        """The files of secret values in the commit that is checked out, or staged for the next one."""
        return git.run(self.directory, "ls-files", "-z", "--", _SECRETS).split("\0")[:-1]

    def fetch(self, source: Path, branch: str = MAIN) -> Start:
        """Bring a branch of another repository and its tags here, and return them; no ref of this one changes."""
        refs = (f"+{branch}:{_FETCHED}main", f"+refs/tags/*:{_FETCHED}tags/*")
        git.run(self.directory, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", source, *refs)
        listed = git.run(self.directory, "for-each-ref", "--format=%(refname) %(objectname)", _FETCHED)
        commits = dict(line.removeprefix(_FETCHED).split() for line in listed.splitlines())
        return Start(commits.pop("main"), {f"refs/{name}": commit for name, commit in commits.items()})

    def commit(
        self, message: str, *, paths: Sequence[str] = (".",), moment: int | None = None, is_known: bool = False
    ) -> bool:
        """Commit files of the working tree where it is; what else is staged, or under way, stays as it is.

        Args:
            message: What the commit says.
            paths: The files, relative to the repository; by default all.
            moment: Its date, in seconds since 1970; by default now.
            is_known: Whether only files count that Git knows already.

        Returns:
            Whether there was anything to commit.
        """
        self.expect_unlocked()
        head = self.head()
        before = [head] if head else []
        commit = self.record(message, before, moment, paths=paths, upon=before, is_known=is_known)
        if commit == head:
            return False
        git.run(self.directory, "update-ref", "-m", message.partition("\n")[0], "HEAD", commit)
        git.run(self.directory, "reset", "--quiet", "--", *paths)
        return True

    def begin_with(self, message: str, moment: int) -> None:
        """Commit what the lab changed in the working tree, and make it part of the start."""
        if not git.succeeds(self.directory, "diff", "--quiet"):
            self.commit(message, moment=moment, is_known=True)
            git.run(self.directory, "update-ref", START, "HEAD")

    def uncommitted(self, message: str, start: str) -> str:
        """Commit what is in the working tree and in no commit, on no branch; the learner's repository stays as it is.

        Returns:
            The commit; the one that is checked out where there is nothing uncommitted.
        """
        parent = self.head() or start
        staged = self._staged(message, parent)
        return self.record(message, [staged or parent], None, upon=[parent, start])  # also what Git is told to ignore

    def keep(self, commits: Iterable[str], start: str = "") -> list[str]:
        """Put branches to commits that none has, once for the same work, and return their names.

        Args:
            commits: The commits.
            start: Where ``main`` is about to be; empty where it stays.
        """
        begun = [START] if self._commit(START) else []
        known = [start, *begun, "--exclude=main", "--branches"] if start else [*begun, "--branches"]
        branches = []
        for commit in commits:
            if git.run(self.directory, "rev-list", "-n", "1", commit, "--not", *known).strip():
                work = git.run(
                    self.directory, "log", "--format=%T%n%B", commit, "--not", *filter(None, [start, *begun])
                )
                branch = f"kept/{hashlib.sha256(work.encode()).hexdigest()[:10]}"
                if not self._commit(f"refs/heads/{branch}"):
                    git.run(self.directory, "update-ref", f"refs/heads/{branch}", commit)
                branches.append(branch)
        return branches

    def old_refs(self, start: Start) -> list[str]:
        """The commits of the refs that ``move_to`` would change."""
        refs = {**start.refs, MAIN: start.commit}
        peeled = "%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)"  # of an annotated tag
        listed = git.run(self.directory, "for-each-ref", f"--format=%(refname) {peeled}", *refs)
        commits = dict(line.split() for line in listed.splitlines())
        return [commit for ref, commit in commits.items() if refs.get(ref, commit) != commit]

    def move_to(self, start: Start, snapshot: str) -> None:
        """Bring ``main``, the other refs, index and working tree to a start; what Git ignores stays where it is.

        Args:
            start: The start.
            snapshot: A commit that has every file which may go.
        """
        for name in self.half_done():
            git.succeeds(self.directory, *_HALF_DONE[name])  # one that was broken off by a kill may be beyond that
        for lock in self._git_directory.rglob("*.lock"):  # left behind by a kill
            lock.unlink()
        (self._git_directory / "index").unlink(missing_ok=True)  # whatever it hides from git
        self.point_to(start)
        for name in sorted(self._names(snapshot) - self._names(start.commit)):
            self._remove(Path(name))
        git.run(self.directory, "reset", "--hard", "--quiet")

    def point_to(self, start: Start) -> None:
        """Check out ``main`` and bring it and the other refs to a start; no file changes."""
        refs = {**start.refs, MAIN: start.commit, START: start.commit}
        updates = "".join(f"update {ref} {commit}\n" for ref, commit in refs.items())
        git.run(self.directory, "symbolic-ref", "HEAD", MAIN)
        git.run(self.directory, "update-ref", "--no-deref", "-m", "the lab begins", "--stdin", input=updates)
        git.run(self.directory, "reset", "--quiet")

    def _remove(self, name: Path) -> None:
        """Remove a file, and the directories above it that are empty then."""
        (self.directory / name).unlink(missing_ok=True)
        for parent in name.parents[:-1]:
            with suppress(OSError):  # something is left in it
                (self.directory / parent).rmdir()

    def _commit(self, name: str) -> str:
        try:
            return git.run(self.directory, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()
        except CommandFailed:
            return ""

    def _commit_tree(self, tree: str, message: str, parents: Sequence[str], moment: int | None) -> str:
        if len(parents) == 1 and tree == git.run(self.directory, "rev-parse", f"{parents[0]}^{{tree}}").strip():
            return parents[0]
        upon = [part for parent in parents for part in ("-p", parent)]
        return git.run(self.directory, "commit-tree", tree, *upon, moment=moment, input=message).strip()

    def _staged(self, message: str, parent: str) -> str:
        """A commit of what was staged, as its file may have changed since; empty where nothing is, or a conflict."""
        own = self._git_directory / "index"
        if not own.exists():
            return ""
        with self._index() as index:
            shutil.copy(own, index)
            try:
                git.run(self.directory, "rm", "-rfq", "--cached", "--ignore-unmatch", "--", _SECRETS, index=index)
                tree = git.run(self.directory, "write-tree", index=index).strip()
            except CommandFailed:
                return ""
        return self._commit_tree(tree, message, [parent], None)

    def _names(self, commit: str) -> set[str]:
        return set(git.run(self.directory, "ls-tree", "-r", "-z", "--name-only", commit).split("\0")) - {""}

    @property
    def _git_directory(self) -> Path:
        path = self.directory / ".git"
        if path.is_dir():
            return path
        return self.directory / path.read_text(encoding="utf-8").removeprefix("gitdir: ").strip()  # a worktree's

    @contextmanager
    def _index(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="lab-index-") as scratch:
            yield Path(scratch) / "index"
