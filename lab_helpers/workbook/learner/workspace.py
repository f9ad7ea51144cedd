"""The learner's workspace: their Git repositories and the files beside them, begun without costing anybody work."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from lab_helpers import paths
from lab_helpers.errors import Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import answers
from lab_helpers.workbook.course.answers import Answer
from lab_helpers.workbook.course.outlines import Outline, Step
from lab_helpers.workbook.learner import git, history, loose, predecessors
from lab_helpers.workbook.learner.beginning import Beginning
from lab_helpers.workbook.learner.predecessors import Source
from lab_helpers.workbook.learner.repository import START, Repository, Start, is_secret_file

__all__ = ["Workspace", "commit_answer", "files_below", "find", "lay_template", "mend", "prepare", "replay"]

Localize = Callable[[Path], None]


@dataclass(frozen=True)
class Workspace:
    """Where the learner works on one lab.

    Attributes:
        directory: The workspace.
        begins: What its repositories begin with where that is not the template, a sentence each.
        remarks: Where work is that this start found there, a sentence each.
    """

    directory: Path
    begins: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def find(outline: Outline, name: str) -> Workspace | None:
    """The workspace of a lab as it was left; None where there is none."""
    directory = _place(outline, name)
    return Workspace(directory) if directory.is_dir() else None


def prepare(outline: Outline, name: str, localize: Localize = lambda _: None, *, continues: bool = False) -> Workspace:
    """Bring the workspace of a lab to its start.

    Each repository begins with the template's commits, or where an earlier phase works in it, too, with that phase's:
    the learner's own where they proved all of it, else its answers'. Work that is found is kept: of a repository on a
    branch, of loose files in a directory; each named after its content, so that the same work is kept once.

    Args:
        outline: The lab.
        name: The name of the learner's cluster.
        localize: Fits the manifests to that cluster.
        continues: Whether what the learner finished in an earlier phase counts.

    Raises:
        LabError: The workspace cannot be written.
    """
    directory, archive = _place(outline, name), paths.workspace_directory(name) / "kept"
    with _writing(directory), tempfile.TemporaryDirectory(prefix="lab-workspace-") as scratch:
        remarks = _set_loose_aside(outline, directory, localize, archive, Path(scratch) / "starter")
        sources = _sources(outline, name, localize, Path(scratch), continues=continues)
        remarks += _lay(outline, directory, localize, sources, archive)
        directory.mkdir(parents=True, exist_ok=True)  # a lab may give no files
    begins = (f"{part}: {source}" for part, source in sources.items())
    return Workspace(directory, tuple(begins), tuple(remarks))


def mend(outline: Outline, name: str) -> list[str]:
    """Make repositories of a workspace again what lost its ``.git``; all files stay. What was met, a sentence each.

    Raises:
        LabError: It cannot be written.
    """
    directory = _place(outline, name)
    remarks: list[str] = []
    with _writing(directory):
        for part in outline.repositories:
            beginning = Beginning(Repository(directory / part), part, paths.workspace_directory(name) / "kept")
            beginning.mend(partial(_start, outline, part, None))
            remarks += beginning.remarks
    return remarks


def files_below(directory: Path) -> list[Path]:
    """The files below a directory, relative to it; without what is Git's own, and without secret values."""
    paths = (path.relative_to(directory) for path in sorted(directory.rglob("*")) if path.is_file())
    return [path for path in paths if ".git" not in path.parts and not is_secret_file(path.name)]


def lay_template(
    outline: Outline, target: Path, localize: Localize = lambda _: None, *, begun: Path | None = None
) -> None:
    """Make ``target`` a fresh workspace as the lab's learner began with it, repositories and all.

    Args:
        outline: The lab.
        target: Where.
        localize: Fits the manifests to their cluster.
        begun: The learner's workspace, whose repositories know what they began with.
    """
    with tempfile.TemporaryDirectory(prefix="lab-workspace-") as scratch:
        sources = _begun(outline, begun) if begun else _sources(outline, "", localize, Path(scratch), continues=False)
        _lay(outline, target, localize, sources, Path(scratch))


def replay(outline: Outline, directory: Path, steps: Iterable[Step]) -> None:
    """Change the repositories of a workspace as the answers to these steps do, with a commit of the lab's for each."""
    for number, step in enumerate(steps, start=2):
        moment = history.later(number)
        answer = answers.solution(outline, step.id)
        parts = [part for part in outline.repositories if answer.may_change(part)]
        for change in (answer.edit, answer.tidy):
            change(directory, git.author(moment))
            for part in parts:
                Repository(directory / part).commit(_answers(step), moment=moment)


def commit_answer(outline: Outline, directory: Path, answer: Answer) -> None:
    """Commit the files that an answer has laid over the repositories of a workspace, and did not commit itself."""
    for part in outline.repositories:
        laid = list(map(str, answer.files_below(part)))
        if laid:
            Repository(directory / part).commit(_answers(outline.step(answer.step)), paths=laid)


def _answers(step: Step) -> str:
    return f"Answer {step.id}: {step.statement}"


def _sources(outline: Outline, name: str, localize: Localize, scratch: Path, *, continues: bool) -> dict[str, Source]:
    """What each repository begins with, where that is not the template alone."""
    sources = {
        part: _source(outline, name, part, localize, scratch, continues=continues) for part in outline.repositories
    }
    return {part: source for part, source in sources.items() if source is not None}


def _source(
    outline: Outline, name: str, part: str, localize: Localize, scratch: Path, *, continues: bool
) -> Source | None:
    for phase in predecessors.before(outline, part):
        own = predecessors.learners(name, phase, part) if continues else None
        if own is None and _answers_change(phase, part):
            answered = scratch / phase.notebook
            if not answered.exists():
                lay_template(phase, answered, localize)
                replay(phase, answered, phase.steps)
            own = Source(answered / part, phase.notebook, False)
        if own is not None and Repository(own.repository).has_moved:
            return own
    return None


def _answers_change(phase: Outline, part: str) -> bool:
    """Whether an answer of a phase may change anything in one of its repositories."""
    return any(answers.solution(phase, step.id).may_change(part) for step in phase.steps)


def _begun(outline: Outline, workspace: Path) -> dict[str, Source]:
    """What the repositories of a workspace began with; none of one that does not know any more."""
    return {
        part: Source(workspace / part, outline.notebook, True, START)
        for part in outline.repositories
        if Repository(workspace / part).knows_start
    }


def _lay(
    outline: Outline, directory: Path, localize: Localize, sources: Mapping[str, Source], archive: Path
) -> list[str]:
    """Begin all repositories, lay the loose files beside them, and fit all of it to the cluster."""
    remarks: list[str] = []
    for part in outline.repositories:
        beginning = Beginning(Repository(directory / part), part, archive)
        beginning.run(partial(_start, outline, part, sources.get(part)))
        remarks += beginning.remarks
    loose.lay(outline.directory / "starter", directory, outline.repositories)
    localize(directory)
    for part in outline.repositories:
        Repository(directory / part).begin_with("Fit the manifests to this cluster", history.later(1))
    return remarks


def _start(outline: Outline, part: str, source: Source | None, repository: Repository) -> Start:
    """Commit what a repository begins with."""
    starter = outline.directory / "starter" / part
    if part == history.WHOLE:
        return repository.fetch(history.template(part, starter))
    start = repository.fetch(history.template(part))
    if origin := history.origin(part):
        repository.name_origin(origin)
    if source is not None:
        earlier = repository.fetch(source.repository, source.branch)
        start = Start(earlier.commit, {**start.refs, **earlier.refs})
    if not starter.is_dir():
        return start
    message = f"Begin notebook {outline.notebook}"
    commit = repository.record(message, [start.commit], history.later(0), files=starter, upon=[start.commit])
    return replace(start, commit=commit)


def _set_loose_aside(outline: Outline, directory: Path, localize: Localize, archive: Path, start: Path) -> list[str]:
    """Keep what lies in a workspace beside its repositories, and say where."""
    start.mkdir()
    loose.lay(outline.directory / "starter", start, outline.repositories)
    localize(start)
    aside = loose.set_aside(directory, archive, outline.repositories, start)
    return [] if aside is None else [_("work found there is in {directory}").format(directory=aside)]


def _place(outline: Outline, name: str) -> Path:
    return paths.workspace_directory(name) / outline.notebook


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unwritable(Path(error.filename or directory), error, next_step="df -h") from error
