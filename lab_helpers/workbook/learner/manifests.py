"""Read the YAML that a learner may have edited; whatever is wrong with it is a card with file, line and the line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import yaml
from yaml.reader import ReaderError

from lab_helpers.errors import CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import mistakes
from lab_helpers.workbook.learner.fields import Field, broken
from lab_helpers.workbook.learner.restoring import is_given

__all__ = ["expect_kustomization", "expect_manifests", "read", "read_text"]


def read(workspace: Path, name: str) -> Field:
    """What the first document of a learner's YAML file holds.

    Args:
        workspace: Where the learner works.
        name: The file, relative to it.

    Raises:
        CheckFailed: It is missing, no text, no YAML, or empty; says where, what is wrong, and how to have it back.
    """
    text = read_text(workspace, name)
    lines = text.splitlines()
    try:
        documents = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
    except yaml.MarkedYAMLError as error:
        raise _unparsed(name, lines, error) from error
    except ReaderError as error:  # a control character
        hint = _("It holds a character that no text has: retype the line.")
        raise broken(name, lines, text.count("\n", 0, error.position), _is_yaml(name), hint) from error
    if not documents:
        raise _unusable(workspace, name, _("an empty file"))
    whole = Field(name, lines, documents[0])
    whole.expect_structure()
    return whole


def expect_manifests(workspace: Path) -> None:
    """Make sure that all manifests at the top of a workspace can be read.

    Raises:
        CheckFailed: One cannot.
    """
    for file in sorted(workspace.glob("*.yaml")):
        read(workspace, file.name)


def expect_kustomization(workspace: Path, directory: str) -> None:
    """Make sure that a kustomization, and all files it names, can be read.

    Args:
        workspace: Where the learner works.
        directory: The kustomization's, relative to it.

    Raises:
        CheckFailed: One of them cannot.
    """
    kustomization = read(workspace, f"{directory}/kustomization.yaml")
    for image in kustomization.entries("images"):
        image.expect_no_number("newTag")
    patches = [entry["path"] for entry in kustomization.entries("patches") if not entry.has("patch")]
    for entry in [*kustomization.entries("resources"), *kustomization.entries("components"), *patches]:
        named = os.path.normpath(f"{directory}/{entry.text}")
        if (workspace / named / "kustomization.yaml").exists():
            expect_kustomization(workspace, named)
        else:
            read(workspace, named)


def read_text(workspace: Path, name: str) -> str:
    """What a learner's file says.

    Raises:
        CheckFailed: It is missing, cannot be read, or is no text.
    """
    file = workspace / name
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise _unusable(workspace, name, _("no such file")) from error
    except IsADirectoryError as error:
        raise _unusable(workspace, name, _("a directory")) from error
    except UnicodeDecodeError as error:
        line = file.read_bytes().count(b"\n", 0, error.start) + 1
        observed = _("line {line} is no text in UTF-8").format(line=line)
        raise _unusable(workspace, name, observed) from error
    except OSError as error:
        raise _unusable(workspace, name, error.strerror or str(error)) from error


def _unparsed(name: str, lines: Sequence[str], error: yaml.MarkedYAMLError) -> CheckFailed:
    mark = error.problem_mark or error.context_mark
    assert mark is not None
    line = min(mark.line, max(len(lines) - 1, 0))
    conflict = next((n for n, text in enumerate(lines) if text.startswith("<<<<<<< ")), None)
    tabbed = next((n for n, text in enumerate(lines[: line + 1]) if "\t" in _indent(text)), None)
    expected = _is_yaml(name)
    if conflict is not None:
        hint = _(
            "Git could not choose between two versions and wrote both, between `<<<<<<<` and `>>>>>>>`. Leave the "
            "right one and go on, or give up: `git status` in that repository says how to do either."
        )
        return broken(name, lines, conflict, expected, hint)
    if tabbed is not None:
        hint = _("It is indented by a tab; YAML knows blanks only.")
        return broken(name, lines, tabbed, expected, hint)
    if "mapping values" in (error.problem or "") or "expected <block end>" in (error.problem or ""):
        hint = _("It is indented otherwise than the lines it belongs to: those of one mapping begin in one column.")
        return broken(name, lines, line, expected, hint)
    return broken(name, lines, line, expected, _("The reader says: {problem}.").format(problem=error.problem))


def _is_yaml(name: str) -> str:
    return _("YAML in {file}").format(file=name)


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _unusable(workspace: Path, name: str, observed: str) -> CheckFailed:
    """A file that holds nothing to read; only what a notebook gave can be had back."""
    expected = _("{file}, as text").format(file=name)
    if is_given(Path(name)):
        hint = _("This step needs the file. `lab reset {file}` brings it back as it was given to you.")
        return CheckFailed(
            expected, seen=f"{name}: {observed}", hint=hint.format(file=name), next_step=f"lab reset {name}"
        )
    directory = (workspace / name).parent
    hint = _("No notebook has given you this file: it is yours to write.")
    hint = " ".join([hint, *mistakes.beside(directory, Path(name).name)])
    return CheckFailed(expected, seen=f"{name}: {observed}", hint=hint, next_step=f"ls {directory}")
