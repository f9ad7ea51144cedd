"""Map the output of a failed command to its cause: the reason in a learner's words, and the next command."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import language
from lab_helpers.errors import CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import mistakes
from lab_helpers.workbook.learner import manifests
from lab_helpers.workbook.learner.restoring import is_given
from lab_helpers.workbook.session.complaints import (
    COMPLAINTS,
    ENDED_IN_POD,
    NO_FILE,
    NO_PROGRAM,
    NO_VALUES,
    ROLLED_BACK,
)

__all__ = ["Cause", "explain"]

_NAMESPACE = re.compile(r"(?:\s-n[ =]?|\s--namespace[ =])(?P<namespace>[a-z0-9-]+)")
_FILE = re.compile(r"\s-f[ =]?(?P<file>[^-\s|;&][^\s|;&]*)")
_DIRECTORY = re.compile(r"\s-k[ =]?(?P<directory>[^\s|;&]+)")
_REDIRECT_OF_EXEC = re.compile(r"\sexec\s.*>\s*(?P<file>[^\s;|&>]+)")
_UNDO = re.compile(r"rollout\s+undo\s+(?P<object>\S+)")
_PROGRAMS = ("kubectl", "sed", "cat", "grep", "echo", "lab", "sleep", "kustomize", "tail", "head")


@dataclass(frozen=True)
class Cause:
    """Why a command failed.

    Attributes:
        said: The line in which it said so.
        hint: What that means here.
        next_step: A command, or a sentence.
    """

    said: str
    hint: str
    next_step: str


def explain(script: str, command: str, output: list[str], directory: Path) -> Cause:
    """The cause of a failure.

    Args:
        script: The cell.
        command: The command that failed, where bash has named it; else empty.
        output: What was printed, line by line, without what the lab itself said of it.
        directory: Where the commands ran.
    """
    lines = [line for line in output if line.strip()]
    cause = (
        _unreadable(command or script, lines, directory)
        or _missing_program(lines)
        or _missing_values(lines)
        or _missing_file(command or script, lines, directory)
        or _by_words(command or script, lines)
        or Cause(lines[-1] if lines else "", "", _("Mend the command, and run the cell again."))
    )
    return _after_undo(script, output, cause)


def _by_words(command: str, lines: list[str]) -> Cause | None:
    for known in COMPLAINTS:
        for line in reversed(lines):
            match = known.pattern.search(line)
            if match is not None:
                values = {**match.groupdict(), **_context(command)}
                hint, next_step = (language.gettext(text).format(**values) for text in (known.hint, known.next_step))
                return Cause(line, hint, next_step)
    return None


def _context(command: str) -> dict[str, str]:
    namespace, file = _NAMESPACE.search(command), _FILE.search(command)
    return {
        "n": f" -n {namespace['namespace']}" if namespace else "",
        "namespace": namespace["namespace"] if namespace else _("default, for the command names no namespace"),
        "replace": f"kubectl replace --force -f {file['file']}" if file else _("Delete it, then run the cell again."),
    }


def _unreadable(command: str, lines: list[str], directory: Path) -> Cause | None:
    """A manifest or kustomization that was to be applied cannot be read: say which line it is."""
    named, overlay = _FILE.search(command), _DIRECTORY.search(command)
    try:
        if overlay is not None:
            manifests.expect_kustomization(directory, overlay["directory"].rstrip("/"))
        elif named is not None and "://" not in named["file"]:
            manifests.read(directory, named["file"])
    except CheckFailed as error:
        return Cause(lines[-1] if lines else "", f"{error.seen}\n{error.hint}", error.next_step)
    return None


def _missing_program(lines: list[str]) -> Cause | None:
    for line in reversed(lines):
        match = NO_PROGRAM.search(line)
        if match is not None:
            similar_program = mistakes.similar(match["word"], _PROGRAMS)
            hint = _("There is no program {word}.").format(word=match["word"])
            if similar_program:
                hint = _("There is no program {word}. Was {meant} meant?").format(
                    word=match["word"], meant=similar_program
                )
            return Cause(line, hint, _("Mend the command, and run the cell again."))
    return None


def _missing_values(lines: list[str]) -> Cause | None:
    for line in reversed(lines):
        match = NO_VALUES.search(line)
        if match is not None:
            hint = _("The overlay wants {file}, which Git ignores and a script draws: it is not there yet.")
            next_step = _("Run the cell of this notebook that draws the values, then this one again.")
            return Cause(line, hint.format(file=match["file"]), next_step)
    return None


def _missing_file(command: str, lines: list[str], directory: Path) -> Cause | None:
    if any(ENDED_IN_POD in line for line in lines):  # there it was missed
        return None
    for line in reversed(lines):
        match = next((match for pattern in NO_FILE if (match := pattern.search(line))), None)
        if match is not None:
            return _no_file(line, Path(match["file"]), command, directory)
    return None


def _no_file(line: str, file: Path, command: str, directory: Path) -> Cause:
    """A file that is missing: of the pod, written to by this shell; of the notebook; or misspelt."""
    if any(Path(redirect["file"]) == file for redirect in _REDIRECT_OF_EXEC.finditer(command)):
        hint = _(
            "A `>` on the line is your own shell's and writes on this machine, not in the pod. Quotes hand it over to "
            "a shell in the pod: `-- sh -c '…'`."
        )
        return Cause(line, hint, _("Mend the command, and run the cell again."))
    inside = Path(os.path.relpath(directory / file, directory))
    named = file if ".." in inside.parts else inside
    hint = _("There is no {file} in {directory}.").format(file=named, directory=directory)
    hint = " ".join([hint, *mistakes.beside((directory / file).parent, file.name)])
    if is_given(inside):
        next_step = _("`ls` shows what is there; `lab reset {file}` brings back a file of the notebook.")
        return Cause(line, hint, next_step.format(file=inside))
    return Cause(line, hint, _("`ls` shows what is there."))


def _after_undo(script: str, output: list[str], cause: Cause) -> Cause:
    """Running a cell again that has gone back already would go forward again, to the bad release."""
    undo = _UNDO.search(script)
    if undo is None or not any(ROLLED_BACK in line for line in output):
        return cause
    hint = _(
        "The undo itself has been done before this failed. Do not run the cell again: a second undo goes forward, to "
        "the release that you came from."
    )
    named = _NAMESPACE.search(script)
    namespace = named["namespace"] if named else "default"
    next_step = f"kubectl -n {namespace} rollout status {undo['object']}"
    return Cause(cause.said, f"{cause.hint}\n{hint}".strip(), next_step)
