"""Write docs/arch/practice.md: where each section of the architecture is practised, and which rule or check holds it.

python -m tests.architecture
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import checkout, files
from lab_helpers.language import LAB_LANGUAGE, SOURCE
from lab_helpers.policy import all_rules
from lab_helpers.workbook.course import checks, outlines
from lab_helpers.workbook.course.checks import Check
from lab_helpers.workbook.course.outlines import Step

__all__ = [
    "DIRECTORY",
    "PAGE",
    "READ",
    "TESTS",
    "Practice",
    "Section",
    "page",
    "practices",
    "sections",
    "write",
]

DIRECTORY = checkout.source_directory() / "docs/arch"
PAGE = DIRECTORY / "practice.md"

_DOCUMENTS = ("k8s_architecture.md", "k8s_app_architecture.md", "k8s_sub_architecture.md")
_HEADING = re.compile(r"^### (\d\.\d|[A-E]) (.+)$", re.MULTILINE)

READ: Mapping[str, str] = {
    "2.4": "what a template leaves open",
    "5.2": "reasons",
    "6.2": "reasons",
    "A": "which document says what",
    "B": "where things are",
    "C": "where things go",
    "D": "words",
    "E": "boxes, which `lab checklist` ticks",
}
"""The sections that are read and not practised, each with what it is."""

TESTS: Mapping[str, tuple[str, ...]] = {
    "1.2": ("tests/unit/app/test_pipeline.py",),
    "1.3": ("tests/integration/infra/test_restore.py", "tests/k8s/e2e/test_rebuild.py"),
    "2.1": ("tests/unit/app/test_pipeline.py",),
    "2.3": ("tests/unit/app/test_pipeline.py",),
    "3.2": ("tests/unit/infra/test_manifests.py",),
    "4.2": (
        "tests/unit/app/test_alerts.py",
        "tests/unit/app/test_collector.py",
        "tests/unit/app/test_prices.py",
        "tests/unit/app/test_reports.py",
    ),
    "E": ("tests/unit/policy/test_checklist.py",),
}
"""The tests of this repository that hold its own parts to a section."""

_HEAD = """\
# Practised where, held by what

For each section of [the architecture](k8s_architecture.md): the steps of the notebooks that practise it, and what holds
it: rules of `lab lint`, which judge a repository, and checks of the workbook, which look at the cluster or at what the
learner made, after each step. What nothing holds is a promise.

This page is made by `python -m tests.architecture` of the labs' `lab.toml` and of the rules; a test compares it.
"""


@dataclass(frozen=True)
class Section:
    """A section of the architecture.

    Attributes:
        id: Its number, or the letter of an appendix.
        title: Its heading, without that.
        document: The file that it is in.
    """

    id: str
    title: str
    document: str

    @property
    def link(self) -> str:
        """A link to it, from beside the document."""
        slug = re.sub(r"[^\w\- ]", "", f"{self.id} {self.title}".lower()).replace(" ", "-")
        return f"[§{self.id} {self.title}]({self.document}#{slug})"


@dataclass(frozen=True)
class Practice:
    """A step of a notebook, and the check that proves it.

    Attributes:
        notebook: The stem of the notebook.
        step: As ``lab.toml`` has it.
        check: Its check.
    """

    notebook: str
    step: Step
    check: Check

    @property
    def link(self) -> str:
        """A link to its notebook."""
        return f"[{self.step.id}](../../notebooks/{self.notebook}.ipynb)"


def sections() -> list[Section]:
    """The sections that the documents have, in the order of their numbers; the appendices last."""
    headings = (
        Section(number, title, document)
        for document in _DOCUMENTS
        for number, title in _HEADING.findall((DIRECTORY / document).read_text(encoding="utf-8"))
    )
    return sorted(headings, key=lambda section: section.id)


def practices() -> list[Practice]:
    """The steps of all notebooks, in their order."""
    return [
        Practice(notebook, step, checks.load(notebook)[step.id])
        for notebook in outlines.notebooks()
        for step in outlines.load(notebook).steps
    ]


def page() -> str:
    """The page, as it should be."""
    tables = ["\n".join(table) for table in (_section_table(), _rule_table(), _step_table())]
    return f"{_HEAD}\n{tables[0]}\n\n## The rules\n\n{tables[1]}\n\n## The steps\n\n{tables[2]}\n"


def write() -> None:
    """Write the page."""
    files.write(PAGE, page())


def _section_table() -> Iterator[str]:
    steps, rules = practices(), all_rules().values()
    yield from _head("section", "practised in the steps", "held by the rules", "and by the tests")
    for section in sections():
        links = ", ".join(practice.link for practice in steps if section.id in practice.step.sections)
        names = ", ".join(f"`{rule.id}`" for rule in rules if rule.section == section.id)
        tests = ", ".join(f"[{Path(test).stem}](../../{test})" for test in TESTS.get(section.id, ()))
        yield _row(section.link, links or _notebooks(section.id) or _reason(section.id), names, tests)


def _notebooks(section: str) -> str:
    """The notebooks that are about a section as a whole."""
    stems = [notebook for notebook in outlines.notebooks() if section in outlines.load(notebook).sections]
    return ", ".join(f"all of [{stem.partition('_')[0]}](../../notebooks/{stem}.ipynb)" for stem in stems)


def _reason(section: str) -> str:
    """Why no step practises a section."""
    return f"to be read: {READ[section]}"


def _rule_table() -> Iterator[str]:
    yield from _head("rule", "section", "demands")
    yield from (_row(f"`{rule.id}`", f"§{rule.section}", rule.title) for rule in all_rules().values())


def _step_table() -> Iterator[str]:
    yield from _head("step", "what you do", "sections", "its check", "proves")
    for practice in practices():
        step, cited = practice.step, ", ".join(f"§{section}" for section in practice.step.sections)
        yield _row(practice.link, step.title, cited, f"`{practice.check.look.__name__}`", practice.check.statement)


def _head(*columns: str) -> Iterator[str]:
    yield _row(*columns)
    yield "|---" * len(columns) + "|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    os.environ[LAB_LANGUAGE] = SOURCE
    write()
