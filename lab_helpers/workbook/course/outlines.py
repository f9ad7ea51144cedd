"""The outline of a lab: what its ``lab.toml`` says about the notebook and each of its steps."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_helpers import checkout, language
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import needs
from lab_helpers.workbook.course.needs import Needs

__all__ = ["Outline", "Prediction", "Step", "Watched", "load", "load_phase", "notebooks"]


@dataclass(frozen=True)
class Watched:
    """What a lab watches while steps are done.

    Attributes:
        deployment: The Deployment whose pods are recorded.
        namespace: Where it is.
        url: What a stream of requests asks for, from inside the cluster.
        image: An image with ``node``, from which the stream is sent.
    """

    deployment: str
    namespace: str
    url: str
    image: str


@dataclass(frozen=True)
class Prediction:
    """What a learner is asked to expect before a step is done.

    Attributes:
        question: The question, one sentence.
        right: The answer that comes true; a key of ``replies``.
        replies: What is told to those who gave each answer, once the step is proven; by the answer, which is typed
            and kept as ``lab.toml`` has it, in every language.
    """

    question: str
    right: str
    replies: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One step of a lab.

    Attributes:
        id: As in ``5.3``.
        statement: What is true once it is done, one sentence in English.
        minutes: How long a learner takes.
        is_worked: Whether the notebook shows the commands; otherwise they are left to the learner.
        is_watched: Whether a stream of requests runs while it is done.
        hints: Nudges, each a little further than the one before.
        sections: The sections of the architecture it shows.
        needs: What it needs of the cluster beyond namespaces of its own.
        prediction: What the learner is asked to expect; None where nothing is.
    """

    id: str
    statement: str
    minutes: float
    is_worked: bool
    is_watched: bool
    hints: tuple[str, ...]
    sections: tuple[str, ...]
    needs: Needs
    prediction: Prediction | None = None

    @property
    def title(self) -> str:
        """What is true once it is done, in the reader's language."""
        return language.gettext(self.statement)


@dataclass(frozen=True)
class Outline:
    """One lab.

    Attributes:
        notebook: The stem of its notebook, as in ``05_first_deploy``.
        directory: Where its files lie.
        title: What it is about.
        minutes: How long a learner takes for all of it.
        sections: The sections of the architecture it touches.
        namespaces: Those it works in; at its start they are gone, or empty where they cannot be made.
        template: What of the template the workspace begins with, as paths below the checkout.
        watched: What it watches in steps that say so; None where there are none.
        steps: Its steps, in their order.
    """

    notebook: str
    directory: Path
    title: str
    minutes: float
    sections: tuple[str, ...]
    namespaces: tuple[str, ...]
    template: tuple[str, ...]
    watched: Watched | None
    steps: tuple[Step, ...]

    def step(self, id: str) -> Step:  # noqa: A002
        """The step of that id.

        Raises:
            LabError: The lab has no such step.
        """
        found = next((step for step in self.steps if step.id == id), None)
        if found is None:
            known = ", ".join(step.id for step in self.steps)
            raise LabError(
                _("is no step of this lab; its steps are {known}").format(known=known),
                object=_("step {step}").format(step=id),
            )
        return found


def notebooks() -> list[str]:
    """The stems of the notebooks that a lab stands behind, in their order."""
    return sorted(path.parent.name.removeprefix("lab_") for path in checkout.labs_directory().glob("lab_*/lab.toml"))


def load(notebook: str, directory: Path | None = None) -> Outline:
    """Read the outline of the lab behind a notebook, in the reader's language.

    Args:
        notebook: The stem of the notebook.
        directory: Where the lab lies; by default among the project's labs.

    Raises:
        LabError: No lab of that name is there.
    """
    directory = directory or checkout.labs_directory() / f"lab_{notebook}"
    file = directory / "lab.toml"
    if not file.exists():
        known = ", ".join(notebooks())
        raise LabError(_("no lab stands behind this notebook; there are {known}").format(known=known), object=notebook)
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    return Outline(
        notebook=notebook,
        directory=directory,
        title=language.gettext(told["title"]),
        minutes=told["minutes"],
        sections=tuple(told["sections"]),
        namespaces=tuple(told["namespaces"]),
        template=tuple(told["template"]),
        watched=Watched(**told["watched"]) if "watched" in told else None,
        steps=tuple(map(_step, told.get("step", ()))),
    )


def load_phase(phase: str) -> Outline:
    """Read the outline of a phase's lab.

    Args:
        phase: Its number or the stem of its notebook: ``5``, ``05`` or ``05_first_deploy``.

    Raises:
        LabError: No lab of that phase is there.
    """
    known = notebooks()
    for notebook in known:
        number = notebook.partition("_")[0]
        if phase in (notebook, number, number.lstrip("0")):
            return load(notebook)
    reason = _("is no phase with a notebook; there are {known}").format(known=", ".join(known))
    raise LabError(reason, object=repr(phase), next_step="lab reset --help")


def _prediction(told: Mapping[str, Any]) -> Prediction:
    replies = {answer: language.gettext(reply) for answer, reply in told["replies"].items()}
    return Prediction(language.gettext(told["question"]), told["right"], replies)


def _step(told: Mapping[str, Any]) -> Step:
    return Step(
        id=told["id"],
        statement=told["title"],
        minutes=told["minutes"],
        is_worked=told["worked"],
        is_watched=told.get("watched", False),
        hints=tuple(map(language.gettext, told["hints"])),
        sections=tuple(told["sections"]),
        needs=needs.parse(told.get("needs", ()), object=_("step {step}").format(step=told["id"])),
        prediction=_prediction(told["prediction"]) if "prediction" in told else None,
    )
