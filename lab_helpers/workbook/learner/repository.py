"""One Git repository of the learner's: what is in it, and commits that leave the learner's own index alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.git import MAIN

__all__ = ["SECRETS", "SECRET_FILES", "START", "Repository", "Start", "is_secret_file"]

# The values of secrets: generated at random for a cluster's namespace that a start deletes, so worth nothing after it.
SECRET_FILES = "*.env"  # noqa: S105 - a pattern of file names
"""Which files of a workspace hold secret values, but for those that SOPS encrypted; no commit ever has one."""

_ENCRYPTED_FILES = "*.sops.env"
_ENCRYPTED = f":(icase,glob)**/{_ENCRYPTED_FILES}"
SECRETS = (f":(icase,glob)**/{SECRET_FILES}", f":(exclude,icase,glob)**/{_ENCRYPTED_FILES}")
"""The same for git."""

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


def is_secret_file(name: str) -> bool:
    """Whether a file of this name holds secret values that anybody can read."""
    return fnmatch(name, SECRET_FILES) and not fnmatch(name, _ENCRYPTED_FILES)


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
        return self.is_usable and bool(self.commit_of(START))

    @property
    def has_moved(self) -> bool:
        """Whether ``main`` is elsewhere than it was when its notebook began."""
        return self.commit_of(MAIN) != self.commit_of(START)

    @property
    def is_sound(self) -> bool:
        """Whether every object that its refs name is there."""
        return git.succeeds(self.directory, "fsck", "--connectivity-only", "--no-dangling")

    def expect_unlocked(self) -> None:
        """Make sure that no other git is at work in it.

        Raises:
            LabError: One is, or was killed.
        """
        lock = self.git_directory / "index.lock"
        if lock.exists():
            reason = _("is locked: another git is at work in it, or one was killed")
            raise LabError(reason, object=str(self.directory), next_step=f"rm -f {lock}   # {_('where none is')}")

    def half_done(self) -> list[str]:
        """What is under way in it, by the file in which git notes it: a rebase, a merge, a revert."""
        return [name for name in _HALF_DONE if (self.git_directory / name).exists()]

    def give_up_half_done(self) -> None:
        """End what is under way in it; no file changes."""
        for name in self.half_done():
            git.succeeds(self.directory, *_HALF_DONE[name])  # one that was broken off by a kill may be beyond that

    def head(self) -> str:
        """The commit that is checked out; empty for none."""
        return self.commit_of("HEAD")

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
        with self.index() as index:
            for commit in upon:
                entries = git.run(self.directory, "ls-tree", "-r", "-z", commit)
                git.run(self.directory, "update-index", "-z", "--replace", "--index-info", input=entries, index=index)
            arguments = ["--force", "--ignore-removal"] if files else ["--update" if is_known else "--all"]
            git.run(self.directory, "add", *arguments, "--", *paths, _NO_SECRETS, work_tree=files, index=index)
            if paths == (".",) and self._has_encrypted(files, index, is_known=is_known):
                git.run(self.directory, "add", *arguments, "--", _ENCRYPTED, work_tree=files, index=index)
            tree = git.run(self.directory, "write-tree", index=index).strip()
        return self.commit_tree(tree, message, parents, moment)

    def _has_encrypted(self, files: Path | None, index: Path, *, is_known: bool) -> bool:
        """Whether there are, or were, files that SOPS encrypted: git refuses a pattern that nothing fits."""
        which = ["--cached"] if is_known else ["--cached", "--others", "--exclude-standard"]
        return bool(git.run(self.directory, "ls-files", *which, "--", _ENCRYPTED, work_tree=files, index=index))

    def branch(self) -> str:
        """The branch that is checked out; empty for a detached HEAD."""
        return git.run(self.directory, "branch", "--show-current").strip()

    def committed_secrets(self) -> list[str]:
        """The files of secret values in the commit that is checked out, or staged for the next one."""
        return git.run(self.directory, "ls-files", "-z", "--", *SECRETS).split("\0")[:-1]

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

    def name_origin(self, url: str) -> None:
        """Say what the repository is called where it is shared; a learner's own word for that stays."""
        if not git.succeeds(self.directory, "remote", "get-url", "origin"):
            git.run(self.directory, "remote", "add", "origin", url)

    def point_to(self, start: Start) -> None:
        """Check out ``main`` and bring it and the other refs to a start; no file changes."""
        refs = {**start.refs, MAIN: start.commit, START: start.commit}
        updates = "".join(f"update {ref} {commit}\n" for ref, commit in refs.items())
        git.run(self.directory, "symbolic-ref", "HEAD", MAIN)
        git.run(self.directory, "update-ref", "--no-deref", "-m", "the lab begins", "--stdin", input=updates)
        git.run(self.directory, "reset", "--quiet")

    def commit_of(self, name: str) -> str:
        """The commit that a ref or a revision names; empty where there is none."""
        try:
            return git.run(self.directory, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()
        except CommandFailed:
            return ""

    def commit_tree(self, tree: str, message: str, parents: Sequence[str], moment: int | None) -> str:
        """Commit a tree on no branch; the only parent where it would change nothing."""
        if len(parents) == 1 and tree == git.run(self.directory, "rev-parse", f"{parents[0]}^{{tree}}").strip():
            return parents[0]
        upon = [part for parent in parents for part in ("-p", parent)]
        return git.run(self.directory, "commit-tree", tree, *upon, moment=moment, input=message).strip()

    @property
    def git_directory(self) -> Path:
        """Where git keeps what it knows of it; elsewhere than in ``.git`` for a worktree."""
        path = self.directory / ".git"
        if path.is_dir():
            return path
        return self.directory / path.read_text(encoding="utf-8").removeprefix("gitdir: ").strip()

    @contextmanager
    def index(self) -> Iterator[Path]:
        """An index of its own for a commit that must not touch the learner's."""
        with tempfile.TemporaryDirectory(prefix="lab-index-") as scratch:
            yield Path(scratch) / "index"
