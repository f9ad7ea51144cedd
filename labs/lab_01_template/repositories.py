"""The two repositories that the learner makes: what they hold, what is committed, and which template they came from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, git
from lab_helpers.workbook.learner.repository import Repository

__all__ = [
    "APP",
    "DEPLOY",
    "OwnRepository",
    "expect_clean",
    "expect_committed",
    "expect_copied",
    "expect_on_main",
    "expect_repository",
    "files_in",
    "stamp",
]

STAMP = ".template.toml"


@dataclass(frozen=True)
class OwnRepository:
    """A repository that the learner makes of a part of the template.

    Attributes:
        name: Its directory in the workspace.
        source: The part of the template.
        revision: What of that part is copied.
        marks: Files without which it is no copy of that part.
    """

    name: str
    source: str
    revision: str
    marks: tuple[str, ...]

    @property
    def copy_command(self) -> str:
        """What copies it: the files of the revision, and no history."""
        return f"git -C {self.source} archive {self.revision} | tar -x -C {self.name}"

    @property
    def copy_again_command(self) -> str:
        """What copies it once more, in the place of what is there."""
        return f"rm -rf {self.name} && mkdir {self.name} && {self.copy_command}"


APP = OwnRepository("web", "app/prj_02", "v1.0.0", ("Dockerfile", ".env.example", "src/main.js"))
DEPLOY = OwnRepository("deploy", "infra", "main", ("k8s/base/kustomization.yaml",))


def expect_copied(lab: CheckContext, own: OwnRepository) -> None:
    """Make sure that a directory is a repository of its own, with all files of its part and none of its history.

    Raises:
        CheckFailed: It is something else; says what.
    """
    expect_repository(lab, own)
    _expect_hidden_files(lab.workspace / own.name, own)
    _expect_marks(lab.workspace / own.name, own)
    _expect_no_history(lab.workspace, own)


def expect_repository(lab: CheckContext, own: OwnRepository) -> None:
    """Make sure that a directory is a repository of its own, which Git can read.

    Raises:
        CheckFailed: It is none, or is not there.
    """
    directory = lab.workspace / own.name
    if not directory.is_dir() or not any(path.name != ".git" for path in directory.iterdir()):
        raise CheckFailed(
            _("a directory {name} with a copy of {source}").format(name=own.name, source=own.source),
            seen=_("nothing in it") if directory.is_dir() else _("no such directory"),
            hint=_("`git archive` hands out the files of a commit, and `tar` lays them down."),
            next_step=f"mkdir -p {own.name} && {own.copy_command}",
        )
    if not (directory / ".git").exists():
        raise _no_repository(lab.workspace, own)
    if not Repository(directory).is_usable:
        raise CheckFailed(
            _("{name} a Git repository of its own").format(name=own.name),
            seen=_("a .git that git cannot read"),
            hint=_(
                "Its commits were nowhere else, so they are gone: nobody has cloned it yet. Copy it once more, and run "
                "the cells from step 1.1 on again."
            ),
            next_step=own.copy_again_command,
        )


def expect_on_main(lab: CheckContext, own: OwnRepository) -> None:
    """Make sure that a repository has a commit, and that it is ``main`` which is checked out, with nothing half done.

    Raises:
        CheckFailed: It is otherwise; says how to mend it.
    """
    if not Repository(lab.workspace / own.name).half_done():
        _expect_first_commit(lab.workspace, own)
    committed.expect_on_main(lab.workspace, own.name)


def expect_committed(lab: CheckContext, own: OwnRepository) -> None:
    """Make sure that all files of a repository are committed on ``main``, and no secret value is.

    Raises:
        CheckFailed: Something is in no commit, or should be in none.
    """
    expect_on_main(lab, own)
    committed.expect_readable(lab.workspace, own.name)
    expect_clean(lab, own)


def expect_clean(lab: CheckContext, own: OwnRepository) -> None:
    """Make sure that nothing in a repository differs from what is committed.

    Raises:
        CheckFailed: Something does.
    """
    directory = lab.workspace / own.name
    changes = git.run(directory, "status", "--porcelain").splitlines()
    if changes:
        raise CheckFailed(
            _("everything in {name} committed").format(name=own.name),
            seen=", ".join(line[3:] for line in changes[:5]),
            hint=_("Whoever else works with {name} has what is committed, and nothing else.").format(name=own.name),
            next_step=f'git -C {own.name} add -A && git -C {own.name} commit -m "…"',
        )


def stamp(lab: CheckContext, own: OwnRepository) -> Mapping[str, Any]:
    """What a repository says of the template that it came from.

    Raises:
        CheckFailed: It says nothing, or something else.
    """
    text = committed.text(lab.workspace / own.name, STAMP)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong_stamp(own, str(error)) from error
    if content.get("part") != own.source:
        raise _wrong_stamp(own, f'part = "{content.get("part", "")}"')
    return content


def files_in(directory: Path) -> list[str]:
    """The files in the commit that is checked out in a repository, by path."""
    return git.run(directory, "ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")[:-1]


def _expect_first_commit(workspace: Path, own: OwnRepository) -> None:
    if not Repository(workspace / own.name).head():
        raise CheckFailed(
            _("a first commit in {name}").format(name=own.name),
            seen=_("none"),
            hint=_("The files are there, and Git knows nothing of them: `add` picks them, `commit` writes them down."),
            next_step=f'git -C {own.name} add -A && git -C {own.name} commit -m "…"',
        )


def _no_repository(workspace: Path, own: OwnRepository) -> CheckFailed:
    expected = _("{name} a Git repository of its own").format(name=own.name)
    next_step = f"git init {own.name}"
    if (workspace / ".git").exists():
        return CheckFailed(
            expected,
            seen=_("one repository around both, in the folder above"),
            hint=_(
                "One repository with both in it has one history for both: a changed setting is a new version of the "
                "source, and a release waits for whoever may deploy. They are to meet in an image tag, and nowhere "
                "else. Its `.git` is in the folder of this notebook."
            ),
            next_step=f"rm -rf .git && git init {APP.name} && git init {DEPLOY.name}",
        )
    return CheckFailed(expected, seen=_("files, and no .git"), hint=_("`git init` makes it one."), next_step=next_step)


def _expect_hidden_files(directory: Path, own: OwnRepository) -> None:
    hidden = [STAMP, ".gitignore", *(mark for mark in own.marks if mark.startswith("."))]
    missing = [name for name in hidden if not (directory / name).exists()]
    if missing:
        raise CheckFailed(
            _("all files of {source} in {name}").format(source=own.source, name=own.name),
            seen=_("without {files}").format(files=", ".join(missing)),
            hint=_(
                "Names that begin with a dot are missing: for the shell `*` does not mean them. Without the stamp "
                "nobody knows which template this came from, without .gitignore Git takes what it should not."
            ),
            next_step=own.copy_command,
        )


def _expect_marks(directory: Path, own: OwnRepository) -> None:
    missing = [name for name in own.marks if not (directory / name).exists()]
    if missing:
        raise CheckFailed(
            _("a copy of {source} in {name}").format(source=own.source, name=own.name),
            seen=_("no {files} in it").format(files=", ".join(missing)),
            hint=_("{name} begins where {source} does: the files lie at its top.").format(
                name=own.name, source=own.source
            ),
            next_step=own.copy_command,
        )


def _expect_no_history(workspace: Path, own: OwnRepository) -> None:
    """A template is copied once: what its authors committed is their story, and no commit of it is the learner's."""
    root = git.run(workspace / own.source, "rev-list", "--max-parents=0", own.revision).strip()
    own_directory = workspace / own.name
    if root and git.succeeds(own_directory, "merge-base", "--is-ancestor", root, "HEAD"):
        subject = git.run(own_directory, "log", "-1", "--format=%s", root).strip()
        raise CheckFailed(
            _("a history of its own in {name}").format(name=own.name),
            seen=_("the template's first commit in it, `{subject}`").format(subject=subject),
            hint=_(
                "This is a clone: it goes on with the template's history, and `git pull` would bring more of it. A "
                "repository made from a template begins by itself. The stamp says where it came from."
            ),
            next_step=own.copy_again_command,
        )


def _wrong_stamp(own: OwnRepository, observed: str) -> CheckFailed:
    return CheckFailed(
        _('part = "{source}" in {file}').format(source=own.source, file=f"{own.name}/{STAMP}"),
        seen=observed,
        hint=_("It came with the copy, and says which part of which template this is. It stays as it is."),
        next_step=f"git -C {own.source} show {own.revision}:{STAMP}",
    )
