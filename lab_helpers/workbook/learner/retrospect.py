"""What a learner has proven in all notebooks, and the rules of the architecture that it shows."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from lab_helpers import checkout, language, shell
from lab_helpers.cluster.base import Cluster
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner.phases import Phase, PhaseStep, phases
from lab_helpers.workbook.pictures.retrospect_model import Certificate, Outcome, ProvenStep, Retrospect, Rule

__all__ = ["certify", "look_back"]

_ARCHITECTURE = "docs/arch/README.md"
_HEADING = re.compile(r"^## (?P<section>\d+\.\d+) (?P<title>.+?)\s*$", re.MULTILINE)


def look_back(name: str) -> Retrospect:
    """What became of every step of every notebook.

    Args:
        name: The lab's name.

    Raises:
        LabError: What a learner has done cannot be read.
    """
    return _over(phases(name))


def certify(cluster: Cluster, version: str, *, has_reader: bool) -> Certificate:
    """Say who has proven what, when and where.

    Args:
        cluster: The learner's.
        version: The Kubernetes version that its API server says.
        has_reader: Whether somebody has worked on it, rather than a headless run.
    """
    place = _("{name}, made by {provider}, Kubernetes {version}").format(
        name=cluster.name, provider=cluster.provider, version=version
    )
    done = phases(cluster.name)
    titles = {phase.number: phase.title for phase in done}
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    return Certificate(_over(done), _holder() if has_reader else "", date, place, titles)


def _over(done: Iterable[Phase]) -> Retrospect:
    steps = [
        ProvenStep(
            step.step.id,
            step.step.title,
            phase.number,
            tuple(step.step.sections),
            _outcome(step),
            step.progress.hints,
        )
        for phase in done
        for step in phase.steps
    ]
    return Retrospect(_rules(), steps)


def _outcome(step: PhaseStep) -> Outcome:
    progress = step.progress
    if progress.state == "skipped":
        return Outcome.SKIPPED
    if progress.state != "passed":
        return Outcome.MISSING
    if progress.has_seen_solution or progress.is_given:
        return Outcome.HELPED
    return Outcome.PAGE if step.step.is_worked else Outcome.OWN


def _rules() -> list[Rule]:
    """The sections of the architecture, in the reader's language where it is translated."""
    document = checkout.source_directory() / _ARCHITECTURE
    translation = document.with_suffix(f".{language.current()}.md")
    text = (translation if translation.exists() else document).read_text(encoding="utf-8")
    return [Rule(match["section"], match["title"]) for match in _HEADING.finditer(text)]


def _holder() -> str:
    """The learner, as they sign commits; else as they have logged in."""
    name = shell.run(["git", "config", "user.name"], check=False).stdout.strip()
    return name or getpass.getuser()
