"""Each rule finds what it forbids, in a lab elsewhere, and says where."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import labs
from lab_helpers import paths
from lab_helpers.errors import LabError
from lab_helpers.validation import draft, proofs

from . import sample

_LAB = "labs/lab_99_sample"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    sample.write(tmp_path)
    monkeypatch.setenv(paths.LAB_CHECKOUT, str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(labs, "__path__", list(labs.__path__))
    yield tmp_path
    for module in [name for name in sys.modules if name.startswith("labs.lab_99")]:
        del sys.modules[module]


def _faults() -> list[str]:
    lab = draft.load("99_sample")
    return [str(fault) for rule in proofs.RULES for fault in proofs.faults(rule, lab)]


def test_a_lab_that_is_as_it_has_to_be_has_no_faults(elsewhere: Path) -> None:
    assert _faults() == []


def _in(file: str, old: str, new: str) -> Callable[[Path], None]:
    def plant(directory: Path) -> None:
        text = (directory / file).read_text()
        assert old in text
        (directory / file).write_text(text.replace(old, new, 1))

    return plant


def _cell(cell: str, old: str, new: str) -> Callable[[Path], None]:
    def plant(directory: Path) -> None:
        kind, source = sample.CELLS[cell]
        assert old in source
        sample.write(directory, sample.CELLS | {cell: (kind, source.replace(old, new, 1))})

    return plant


def _cells(change: Callable[[dict[str, tuple[str, str]]], dict[str, tuple[str, str]]]) -> Callable[[Path], None]:
    return lambda directory: sample.write(directory, change(dict(sample.CELLS)))


def _notebook(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    def plant(directory: Path) -> None:
        file = directory / "notebooks" / "99_sample.ipynb"
        nb = json.loads(file.read_text())
        change(nb)
        file.write_text(json.dumps(nb))

    return plant


def _first(cell: dict[str, object]) -> Callable[[dict[str, object]], object]:
    return lambda nb: nb["cells"][0].update(cell)  # type: ignore[index]


def _remove(name: str) -> Callable[[Path], None]:
    return lambda directory: (directory / _LAB / name).unlink()


def _without_section(directory: Path) -> None:
    (directory / "docs" / "arch").mkdir(parents=True)
    (directory / "docs" / "arch" / "README.md").write_text("## 3.2 What a manifest says\n\n### 3.1 Not this\n")
    file = directory / _LAB / "lab.toml"
    file.write_text(file.read_text().replace("sections = []", 'sections = ["3.1", "3.2"]', 1))


def _untranslated(directory: Path) -> None:
    (directory / _LAB / "locale" / "ko").mkdir(parents=True)


def _half_translated(directory: Path) -> None:
    file = directory / _LAB / "locale" / "ko" / "LC_MESSAGES" / "lab_99_sample.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid ""\nmsgstr "Language: ko\\n"\n')


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (_notebook(lambda nb: nb["metadata"].clear()), "kernelspec: the kernel has to be python3"),  # type: ignore[attr-defined]
        (_notebook(_first({"id": "start"})), "start: two cells have the same id"),
        (_notebook(_first({"id": "0badcafe"})), "0badcafe: the id was made by a tool"),
        (_notebook(lambda nb: nb["cells"][1].update(execution_count=1)), "parameters: keeps what a run has left"),  # type: ignore[index]
        (_cell("parameters", "name: str", "name"), "to give name, provider, solve a type and a value"),
        (_cell("parameters", "name: str", "nom: str"), "to give name, provider, solve a type and a value"),
        (_cell("parameters", '""  # its name', '""'), "a comment is to say what this is for: name"),
        (_cell("parameters", "str = ", "str == = "), "parameters: cannot be read"),
        (_cells(lambda cells: {"start": cells.pop("start"), **cells}), "a notebook begins with prose"),
        (_cell("start", "lab =", "\n" * 9 + "lab ="), "start: has 12 lines"),
        (_cell("start", "lab =", "assert name\nlab ="), "start: an assertion belongs into the lab"),
        (_cell("title", "About 7", "About 8"), "as lab.toml has it: About 7 minutes"),
        (_cell("recap", "What is true now", "Recap"), "recap: the last but one begins with"),
        (_cell("questions", "Answer", "Help"), "questions: the last asks two questions"),
        (_cell("step-1", "Change a file", "Change it"), "99.1 Change it: is no step of lab.toml"),
        (_cell("step-1", "4 minutes", "5 minutes"), "a cell is to begin like this"),
        (_cells(lambda cells: {name: cells.pop(name) for name in ("title", "step-2")} | cells), "not in their order"),
        (_cell("step-2-check", "99.2", "99.1"), 'one cell is to say lab.check("99.2")'),
        (_in(f"{_LAB}/checks.py", '@check("99.2"', '@check("99.3"'), "step 99.2: has no check"),
        (_in(f"{_LAB}/checks.py", '@check("99.2"', '@check("99.3"'), "step 99.3: there is a check of it"),
        (_in(f"{_LAB}/lab.toml", "minutes = 3", "minutes = 2"), "its steps take 6 minutes together, and it says 7"),
        (_in(f"{_LAB}/lab.toml", "minutes = 3", "minutes = 2"), "step 99.2: takes 2 minutes"),
        (_in(f"{_LAB}/lab.toml", "minutes = 7", "minutes = 70"), "nobody follows for more than 60 minutes"),
        (_cell("step-1-edit", "done", "gone"), "the cells with the tag 99.1 are not its solution"),
        (_cell("step-1-edit", "%%bash\n", ""), "step-1-edit: what a worked step shows is typed into a shell"),
        (_in(f"{_LAB}/lab.toml", "worked = true", "worked = false"), "step-1-edit: step 99.1 is the learner's own"),
        (lambda it: (it / _LAB / "solution/99.1/after.sh").write_text("true\n"), "to have what is in after.sh"),
        (_cell("step-1-edit", "%%bash", "lab.watch_rollout()\n%%bash"), "of a step that is watched, and of no other"),
        (_cell("step-1-prediction", "99.1", "99.2"), 'is to say lab.predict("99.1", prediction)'),
        (_cell("step-1-prediction", "99.1", "99.2"), "lab.toml has no prediction for step 99.2"),
        (_cell("step-1-prediction", '"begin"', '"started"'), 'has them: prediction = "..."  # "done" or "begin"'),
        (_in(f"{_LAB}/lab.toml", "it say?", "it say"), "what is asked ends with a question mark"),
        (_in(f"{_LAB}/lab.toml", "changed it.", "changed it"), "what is replied to 'done' ends with a full stop"),
        (_in(f"{_LAB}/lab.toml", '["Look into task.txt."]', "[]"), "step 99.1: a step has one to three hints"),
        (_remove("solution/99.2/run.sh"), "step 99.2: its solution does nothing"),
        (_remove("wrong/misspelled/wrong.toml"), "wrong/misspelled: has no wrong.toml"),
        (_remove("wrong/misspelled/wrong.toml"), "step 99.1: no wrong answer is known"),
        (_in(f"{_LAB}/wrong/elsewhere/wrong.toml", "99.2", "99.7"), "wrong/elsewhere: names no step of this lab"),
        (_in(f"{_LAB}/wrong/elsewhere/wrong.toml", "name.", "name"), "wrong.toml has a mistake, one sentence"),
        (_cell("title", "https://kubernetes.io/docs/", "https://kubernetes"), "is no address on the web"),
        (_cell("title", "https://kubernetes.io/docs/", "../docs/no.md"), "../docs/no.md: no such file"),
        (_cell("title", "(#two)", "(#three)"), "#three: no such heading in 99_sample.ipynb"),
        (_without_section, "lab.toml: sections: 3.1: no such heading in README.md"),
        (_untranslated, "lab_99_sample.po: is missing, in ko"),
        (_half_translated, "the English text was changed since, in ko"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_and_named(plant: Callable[[Path], object], fault: str, elsewhere: Path) -> None:
    plant(elsewhere)
    faults = _faults()
    assert any(fault in reason for reason in faults), faults


def test_a_file_that_is_no_notebook_is_named(elsewhere: Path) -> None:
    for text, reason in (("[]", "is no notebook"), ("{", "is no notebook")):
        (elsewhere / "notebooks" / "99_sample.ipynb").write_text(text)
        with pytest.raises(LabError, match=reason):
            draft.load("99_sample")
    (elsewhere / "notebooks" / "99_sample.ipynb").unlink()
    with pytest.raises(LabError, match="a lab stands there, but no notebook"):
        draft.load("99_sample")


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("wrong/elsewhere/wrong.toml", "step =", "wrong.toml: cannot be read"),
        ("wrong/elsewhere/wrong.toml", 'step = "99.2"', "wrong.toml: mistake: is missing"),
        ("wrong/elsewhere/wrong.toml", "step = 99.2", "wrong.toml: step: is 99.2, and must be a text in quotes"),
        ("wrong/elsewhere/wrong.toml", "lost = true", "wrong.toml: lost: is no key; there are step, mistake, expect"),
        ("solution/99.2/run.sh", "\udcff", "run.sh: cannot be read: 'utf-8' codec"),
        ("checks.py", "import no_such_module", "lab_99_sample.checks: cannot be imported: ModuleNotFoundError"),
        ("checks.py", "def", "lab_99_sample.checks: cannot be imported: SyntaxError"),
        ("checks.py", "def", "checks.py: cannot be read: invalid syntax"),
        ("checks.py", "raise RuntimeError", "lab_99_sample.checks: cannot be imported: RuntimeError"),
        ("checks.py", "raise SystemExit(0)", "lab_99_sample.checks: cannot be imported: SystemExit"),
    ],
)
def test_what_cannot_be_read_is_named(file: str, text: str, fault: str, elsewhere: Path) -> None:
    _half_translated(elsewhere)
    (elsewhere / _LAB / file).write_text(text, errors="surrogateescape")
    assert any(fault in reason for reason in _faults())


def test_a_lab_without_a_solution_is_told_so(elsewhere: Path) -> None:
    (elsewhere / _LAB / "solution/99.2/run.sh").unlink()
    (elsewhere / _LAB / "solution/99.2").rmdir()
    assert any("step 99.2: the lab has no solution" in fault for fault in _faults())
