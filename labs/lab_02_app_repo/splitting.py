"""What proves step 2.1: prj-02 is a repository of its own, with the history of its files and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, git
from lab_helpers.workbook.learner.repository import Repository

__all__ = ["APP", "expect_origin", "expect_repository", "expect_split_off", "split_off"]

APP = "prj-02"
"""The learner's App repository, below the workspace."""

_TEMPLATE = "template"
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Change:
    """One commit, as far as a split keeps it.

    Attributes:
        authored: When, in seconds since 1970, and by whom.
        subject: What it says of itself.
        tree: The files, as one hash.
    """

    authored: str
    subject: str
    tree: str


@check("2.1")
def split_off(lab: CheckContext) -> Evidence:
    """prj-02 is a repository of its own, with the history of its own files and of no others."""
    changes = expect_split_off(lab, APP, "app/prj_02")
    expect_origin(lab.workspace, APP)
    everything = git.run(lab.workspace / _TEMPLATE, "rev-list", "--count", "HEAD").strip()
    return Evidence(
        repository=APP,
        commits=_("{count}, of the template's {everything}").format(count=len(changes), everything=everything),
        first=changes[0].subject,
        last=changes[-1].subject,
        origin=_origin(lab.workspace / APP),
    )


def expect_split_off(lab: CheckContext, name: str, part: str) -> list[Change]:
    """Make sure that a repository holds a part of the template, with its history, and return its commits.

    Args:
        lab: The lab.
        name: The repository, as a path below the workspace.
        part: The part, as a path below the template.
    """
    directory = lab.workspace / name
    expect_repository(lab.workspace, name)
    committed.expect_readable(lab.workspace, name)
    changes = _changes(directory, "")
    expected = _changes(lab.workspace / _TEMPLATE, part)
    if git.succeeds(directory, "cat-file", "-e", f"HEAD:{part}"):
        raise CheckFailed(
            _("only what lies below {part}").format(part=part),
            seen=", ".join(_top(directory)),
            hint=_(
                "This is all of the template: the manifests came along, and {part} lies two levels deep as before. An "
                "App repository that holds what is deployed is what section 1.1 rules out: `subtree split` takes one "
                "directory out."
            ).format(part=part),
            next_step=_again(name),
        )
    if changes[: len(expected)] == expected:
        return expected
    same_files = bool(changes) and changes[0].tree == expected[-1].tree
    raise CheckFailed(
        _("the {count} commits of the template that changed {part}").format(count=len(expected), part=part),
        seen=_("{count}: {subjects}").format(
            count=len(changes), subjects=", ".join(change.subject for change in changes[:3])
        ),
        hint=_(
            "The files were copied, and their history stayed behind: nobody can ask this repository who changed a "
            "line, and why. `subtree split` writes the commits again, with only this directory in them."
        )
        if same_files
        else _("These are other commits than those of {part}. What was split off, and from where?").format(part=part),
        next_step=_again(name),
    )


def expect_repository(workspace: Path, name: str) -> None:
    """Make sure that a repository which the learner makes is there, and that git can read it.

    Raises:
        CheckFailed: It is not; says how to make it.
    """
    repository = Repository(workspace / name)
    if repository.is_usable:
        return
    has_files = repository.directory.is_dir()
    without = _("a .git that git cannot read") if (repository.directory / ".git").exists() else _("no .git in it")
    raise CheckFailed(
        _("a Git repository in {repository}").format(repository=name),
        seen=without if has_files else _("no such directory"),
        hint=_("It is made beside the template, with a .git of its own: not inside it, and not a plain copy."),
        next_step=_again(name) if has_files else f"git init {name}",
    )


def expect_origin(workspace: Path, name: str) -> None:
    """Make sure that a repository says what it is called where it is shared."""
    url = _origin(workspace / name)
    if url.removesuffix(".git").endswith(f"org/{name}"):
        return
    address = f"https://github.com/org/{name}.git"
    raise CheckFailed(
        _("a remote `origin` that ends in org/{name}").format(name=name),
        seen=url.replace(f"{workspace}/", "") or _("no remote of that name"),
        hint=_(
            "After `origin` the image is called: org/{name} there becomes ghcr.io/org/{name}. It also still is the "
            "only place that a colleague could clone from, so it must not be a directory of yours."
        ).format(name=name),
        next_step=f"git -C {name} remote {'set-url' if url else 'add'} origin {address}",
    )


def _origin(directory: Path) -> str:
    remotes = git.run(directory, "remote").split()
    return git.run(directory, "remote", "get-url", "origin").strip() if "origin" in remotes else ""


def _changes(directory: Path, part: str) -> list[Change]:
    """The commits that changed a part of a repository, the first one first; all of them where none is named."""
    form = _SEPARATOR.join(("%H", "%at %an", "%s"))
    lines = git.run(directory, "log", "--reverse", f"--format={form}", "HEAD", *(["--", part] if part else []))
    changes = []
    for line in lines.splitlines():
        commit, authored, subject = line.split(_SEPARATOR)
        changes.append(Change(authored, subject, git.run(directory, "rev-parse", f"{commit}:{part}").strip()))
    return changes


def _top(directory: Path) -> list[str]:
    return git.run(directory, "ls-tree", "--name-only", "HEAD").splitlines()


def _again(name: str) -> str:
    return _("the commands of step 2.1 once more, after: rm -rf {name}").format(name=name)
