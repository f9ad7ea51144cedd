"""What a ``lab.toml`` says of a notebook and of each of its steps: the schema of the only place that declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from lab_helpers import language
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.schema import PROSE, Form, Key, nearest
from lab_helpers.workbook.course.needs import Needs

__all__ = ["Outline", "Prediction", "Scalar", "Step", "Watched", "file_number", "phase_number"]

Scalar = str | int | float
"""A value of ``[vary]``."""

_DNS_LABEL = Form(
    "(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    gettext_noop("a DNS label: at most 63 lower-case letters, digits and hyphens, no hyphen first or last"),
)
_IMAGE = Form(r"[a-z0-9./_-]+:v\d+\.\d+\.\d+", gettext_noop("a repository and a tag, as in org/app:v1.2.3"))
_OBJECT = Form(r"[a-z0-9.]+/\S+", gettext_noop("a kind and a name, as in pod/web"))


@dataclass(frozen=True)
class Watched:
    """What a lab watches while steps are done.

    Attributes:
        deployment: The Deployment whose pods are recorded.
        namespace: Where it is.
        url: What a stream of requests asks for, from inside the cluster; ``{quantity}`` is what was drawn for it.
        image: An image with ``node``, from which the stream is sent.
        name: What ``lab.watch_rollout`` calls it; empty for what it watches if it is given no name.
        address: Where the stream connects to, for a host of the URL that no DNS knows; empty for that host.
        timeout_seconds: How long the connection of a request may take, and then its answer, before it has failed.
        sent_from: The namespace from which the stream is sent; empty for one of its own.
        is_by_node: Whether its picture puts pods together by their nodes, not by their releases.
    """

    deployment: str
    namespace: str
    url: str
    image: str
    name: str = ""
    address: str = ""
    timeout_seconds: float = 2.0
    sent_from: Annotated[str, _DNS_LABEL] = ""
    is_by_node: Annotated[bool, Key("by_node")] = False


@dataclass(frozen=True)
class Prediction:
    """What a learner is asked to expect before a step is done.

    Attributes:
        question: The question, one sentence.
        right: The answer that comes true; a key of ``replies``.
        replies: What is told to those who gave each answer, once the step is proven; by the answer, which is typed
            and kept as ``lab.toml`` has it, in every language.
    """

    question: Annotated[str, PROSE]
    right: str
    replies: Mapping[str, Annotated[str, PROSE]]


@dataclass(frozen=True)
class Step:
    """One step of a lab.

    Attributes:
        id: As in ``5.3``.
        statement: What is true once it is done, one sentence in English.
        minutes: How long a learner takes.
        is_worked: Whether the notebook shows the commands; otherwise they are left to the learner.
        hints: Nudges, each a little further than the one before.
        sections: The sections of the architecture it shows.
        is_watched: Whether a stream of requests runs while it is done.
        needs: What it needs of the cluster beyond namespaces of its own.
        addons: The add-ons that the learner installs in it, which are built ahead.
        prediction: What the learner is asked to expect; None where nothing is.
    """

    id: str
    statement: Annotated[str, Key("title")]
    minutes: float
    is_worked: Annotated[bool, Key("worked")]
    hints: Annotated[tuple[str, ...], PROSE]
    sections: tuple[str, ...]
    is_watched: Annotated[bool, Key("watched")] = False
    needs: Needs = frozenset()
    addons: tuple[str, ...] = ()
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
        apps: The applications, by their directories below ``app/``, whose releases are pushed and whose repositories
            the learner gets.
        services: The backing services, by their directories below ``lab_helpers/images/services/``, whose images are
            pushed beside those of the applications.
        has_deploy_repository: Whether the learner gets the Deploy repository.
        has_template: Whether the learner gets all of the template in one repository, ``template``, to take parts out
            of; its files are those of ``starter/template`` where these have the same names.
        has_builds: Whether the learner builds images in the repositories, and pushes them.
        pushes: The images that the learner pushes under tags which never move, as ``org/app:v1.2.3``; at its start they
            are gone from the lab's own registry.
        programs: What the learner's cells and terminals have on PATH beside kubectl, by the names of programs whose
            go.mod lies below ``lab_helpers/programs/``.
        addons: The add-ons it needs on its cluster.
        needs: What all of it needs of its cluster beyond namespaces of its own.
        makes: What it makes in each namespace, as ``pod/web``: nothing of somebody else's may be called so there.
        rights: What it must be allowed in them on a cluster of somebody else's, beyond what every notebook needs:
            verbs, by the resource as kubectl writes it, as in ``pods/proxy``.
        outside: What it makes outside its namespaces, as ``clusterrole/reader``; at its start it is gone.
        is_exclusive: Whether no other notebook may run on the cluster meanwhile.
        watched: What it watches in steps that say so.
        vary: Values that differ from learner to learner, by name. The lists are of one length: a draw takes the same
            place in each.
        steps: Its steps, in their order.
    """

    notebook: str
    directory: Path
    title: Annotated[str, PROSE]
    minutes: float
    sections: tuple[str, ...]
    namespaces: tuple[Annotated[str, _DNS_LABEL], ...]
    apps: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    has_deploy_repository: Annotated[bool, Key("infra")] = False
    has_template: Annotated[bool, Key("template")] = False
    has_builds: Annotated[bool, Key("builds")] = False
    pushes: tuple[Annotated[str, _IMAGE], ...] = ()
    programs: tuple[str, ...] = ()
    addons: tuple[str, ...] = ()
    needs: Needs = frozenset()
    makes: Mapping[str, tuple[Annotated[str, _OBJECT], ...]] = field(default_factory=dict)
    rights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outside: tuple[Annotated[str, _OBJECT], ...] = ()
    is_exclusive: Annotated[bool, Key("exclusive")] = False
    watched: tuple[Watched, ...] = ()
    vary: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    steps: Annotated[tuple[Step, ...], Key("step")] = ()

    @property
    def repositories(self) -> tuple[str, ...]:
        """The repositories that the learner gets, as paths below the workspace."""
        return (
            *(f"app/{app}" for app in self.apps),
            *(["infra"] if self.has_deploy_repository else []),
            *(["template"] if self.has_template else []),
        )

    @property
    def step_addons(self) -> frozenset[str]:
        """The add-ons that the learner installs in its steps; at its start they are gone."""
        return frozenset().union(*(step.addons for step in self.steps))

    @property
    def all_addons(self) -> tuple[str, ...]:
        """The add-ons that are there at its start, and those that its steps install, in the order in which they are."""
        return tuple(dict.fromkeys((*self.addons, *(name for step in self.steps for name in step.addons))))

    def clashes_with(self, other: Outline) -> bool:
        """Whether the two cannot be done on one cluster at the same time: they share something, or one wants it all."""
        return (
            self.is_exclusive
            or other.is_exclusive
            or self.notebook == other.notebook
            or not {*self.namespaces}.isdisjoint(other.namespaces)
            or not {*self.outside}.isdisjoint(other.outside)
            or not {*self.all_addons}.isdisjoint(other.all_addons)
        )

    def step(self, id: str) -> Step:  # noqa: A002
        """The step of that id.

        Raises:
            LabError: The lab has no such step.
        """
        step = next((step for step in self.steps if step.id == id), None)
        if step is None:
            known = ", ".join(step.id for step in self.steps)
            raise LabError(
                _("is no step of this lab; its steps are {known}").format(known=known),
                object=_("step {step}").format(step=id),
            )
        return step

    def watched_by(self, name: str) -> Watched:
        """What the lab watches by that name; no name is needed for what has none, or where it watches one thing only.

        Raises:
            LabError: It watches nothing of that name, or nothing at all.
        """
        if not self.watched:
            raise LabError(_("has nothing to watch"), object=self.notebook)
        if not name and len(self.watched) == 1:
            return self.watched[0]
        named = next((watched for watched in self.watched if watched.name == name), None)
        if named is None:
            names = [watched.name for watched in self.watched]
            raise LabError(
                _("is nothing that this notebook watches; it watches {names}").format(names=", ".join(names)),
                object=repr(name),
                next_step=f'lab.watch_rollout("{nearest(name, names)}")' if names[0] else "lab.watch_rollout()",
            )
        return named


def file_number(notebook: str) -> str:
    """The number that a notebook's file begins with: ``05`` of ``05_first_deploy``."""
    return notebook.partition("_")[0]


def phase_number(notebook: str) -> str:
    """The number that learners call a notebook by, which its steps begin with: ``5`` of ``05_first_deploy``."""
    return file_number(notebook).lstrip("0")
