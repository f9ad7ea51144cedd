"""The session a notebook holds: it brings the world to the lab's start, and proves step after step."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from lab_helpers import events
from lab_helpers.cluster.base import Capability, Cluster, Report
from lab_helpers.errors import CheckFailed, LabError, NotSupported
from lab_helpers.images.registry import Registry
from lab_helpers.kube.client import Client
from lab_helpers.workbook import answers, cards, checks, needs, shell_cells, steps, surroundings
from lab_helpers.workbook.cards import Card, Tone
from lab_helpers.workbook.localizing import localize
from lab_helpers.workbook.needs import Needs
from lab_helpers.workbook.progress import Progress
from lab_helpers.workbook.secrecy import Secrecy
from lab_helpers.workbook.showing import notebook, say, show
from lab_helpers.workbook.steps import Outline, Step
from lab_helpers.workbook.watching import RolloutWatch
from lab_helpers.workbook.workspace import Workspace, prepare

__all__ = ["LAB_NAME", "Lab", "open_lab"]

LAB_NAME = "LAB_NAME"
"""The environment variable by which ``lab open`` names the lab to the notebooks it opens."""

_ROOM_SECONDS = 90.0


def open_lab(lab: str, *, provider: str = "auto", name: str = "", solve: bool = True) -> Lab:
    """Bring the world to the start of a lab; safe to run again, and then everything starts again.

    Work found in the workspace is kept aside, never lost.

    Args:
        lab: Which, by the stem of its notebook: ``05_first_deploy``.
        provider: Who makes the cluster when none of that name runs.
        name: The cluster's name, as in ``lab up --name``; by default the one that ``lab open`` was given, else ``lab``.
        solve: Whether ``check`` gives the right answer to a step that the notebook leaves to the learner.

    Raises:
        LabError: There is no such lab, no cluster, or the start could not be reached.
    """
    from lab_helpers.images.releases import ensure_releases

    outline, name = steps.load(lab), name or os.environ.get(LAB_NAME) or "lab"
    with Progress(f"starting {lab}") as report:
        cluster = surroundings.cluster_at_hand(provider, name, report)
        ensure_releases(cluster.registry, report)
        opened = Lab(outline, cluster, prepare(outline, name, lambda fresh: localize(fresh, cluster)), solve=solve)
        opened.start(report)
    return opened


class Lab:
    """One lab on one cluster.

    Attributes:
        outline: What the lab is about.
        client: The cluster's objects.
        registry: The registry its nodes know as ``ghcr.io``.
        workspace: Where the learner works.
        nonce: A word that was never written anywhere before this session.
        watch: The stream of requests that runs, or ran last; None before the first.
        seen: What checks of earlier steps saw, for those of later ones.
    """

    def __init__(self, outline: Outline, cluster: Cluster, workspace: Workspace, *, solve: bool) -> None:
        from lab_helpers.kube.volume import new_nonce

        self.outline = outline
        self.client = Client(cluster.kubeconfig)
        self.registry: Registry = cluster.registry
        self.workspace: Path = workspace.directory
        self.nonce = new_nonce()
        self.watch: RolloutWatch | None = None
        self.seen: dict[str, Any] = {}
        self._cluster = cluster
        self._kept = workspace.kept
        self._solve = solve
        self._checks = checks.load(outline.notebook)
        self._secrecy = Secrecy(self.registry.password, self.workspace)
        self._pull_secret = surroundings.pull_secret(cluster)
        self._hints: dict[str, int] = {}
        self._since = time.monotonic()

    def start(self, report: Report) -> None:
        """Bring the cluster to the lab's start, and this process into the workspace."""
        variables = {"GHCR_CONFIG": str(self._pull_secret), "NONCE": self.nonce}
        surroundings.enter(self._cluster, self.workspace, variables, report)
        ipython = notebook()
        if ipython is not None:
            shell_cells.register(ipython, self.shell)
            needs.register(ipython, self._cluster.capabilities, self._skip)
        if self.outline.watched is not None:
            # The picture's library takes two seconds to load: do it while the learner's first commands wait.
            threading.Thread(target=import_module, args=("matplotlib.backends.backend_svg",), daemon=True).start()
        report(f"making room in {', '.join(self.outline.namespaces)}")
        self._cluster.make_room(self.outline.namespaces, _ROOM_SECONDS)

    def shell(self, script: str) -> None:
        """Run the commands of a shell cell in the workspace, and print what they print, without secrets.

        What says that it needs more than this cluster can do is left out, and that is shown.

        Raises:
            CellFailed: One of them failed.
        """
        script = needs.without(script, self._cluster.capabilities, self._skip)
        redactor = self._secrecy.redactor()
        try:
            shell_cells.run(script, self.workspace, lambda line: say(redactor.text(line)))
        finally:
            self._secrecy.redactor()  # learns what the commands made

    def can(self, capability: Capability) -> bool:
        """Whether the cluster can do something that not every cluster can."""
        return capability in self._cluster.capabilities

    def watch_rollout(self) -> None:
        """Start a steady stream of requests and show it, with the pods behind it, until a check ends it.

        Raises:
            LabError: There is nothing to watch in this lab, or it does not answer.
        """
        if self.outline.watched is None:
            raise LabError("has nothing to watch", object=self.outline.notebook)
        if self.watch is not None:
            self.watch.abandon()
        self.watch = None
        image = self.registry.localize(self.outline.watched.image)
        watch = RolloutWatch(self.client, replace(self.outline.watched, image=image), self._pull_secret)
        watch.start()
        self.watch = watch

    def check(self, step: str) -> None:
        """Prove a step and show what proves it; where it is the learner's and ``solve`` is set, solve it first.

        Raises:
            CheckFailed: It is not done; the card says what is missing.
        """
        found, proof = self.outline.step(step), self._checks[step]
        lacking = found.needs - self._cluster.capabilities
        if lacking:
            self._skipped(found, needs.reason(lacking, self._cluster.provider))
            return
        if self._solve and not found.is_worked:
            self.solve(step)
        try:
            evidence = proof.watch(self)
        except NotSupported as error:
            self._skipped(found, error.reason)
        except CheckFailed as failure:
            self._failed(found, proof.title, failure)
            raise
        else:
            show(cards.passed(step, proof.title, evidence))
            self._tell(found, "passed", evidence=dict(evidence))

    def solve(self, step: str) -> None:
        """Give the right answer to a step."""
        answers.solution(self.outline, step).give(
            self.workspace, self.shell, lambda: localize(self.workspace, self._cluster)
        )

    def hint(self, step: str) -> Card:
        """A nudge; each further call goes one further."""
        hints = self.outline.step(step).hints
        number = min(self._hints.get(step, 0) + 1, len(hints))
        self._hints[step] = number
        return Card(Tone.NEUTRAL, f"{step} hint {number} of {len(hints)}", [("", hints[number - 1])])

    def solution(self, step: str) -> Card:
        """The right answer to a step, to read."""
        commands = answers.solution(self.outline, step).commands
        return Card(Tone.NEUTRAL, f"{step} one right answer", [], commands, "Show it")

    def _skipped(self, step: Step, reason: str) -> None:
        show(cards.skipped(step.id, step.title, reason))
        self._tell(step, "skipped", reason=reason)

    def _skip(self, title: str, lacking: Needs) -> None:
        """Show and tell that a cell is left out."""
        reason = needs.reason(lacking, self._cluster.provider)
        show(cards.skipped("", title, reason))
        events.emit("cell", notebook=self.outline.notebook, title=title, state="skipped", reason=reason)

    def _failed(self, step: Step, title: str, failure: CheckFailed) -> None:
        from lab_helpers.kube.diagnose import diagnose

        diagnosis = "\n".join(diagnose(self.client, namespace) for namespace in self.outline.namespaces)
        show(cards.failed(title, failure, diagnosis))
        told = {name: getattr(failure, name) for name in ("expected", "seen", "hint", "next_step")}
        self._tell(step, "failed", diagnosis=diagnosis, **told)

    def _tell(self, step: Step, state: str, **fields: object) -> None:
        """Tell the run; a step lasts from the verdict before it to its own."""
        seconds, self._since = time.monotonic() - self._since, time.monotonic()
        about = {"notebook": self.outline.notebook, "step": step.id, "title": step.title}
        events.emit("check", **about, state=state, seconds=round(seconds, 3), **fields)

    def _repr_html_(self) -> str:
        return self._card._repr_html_()

    def __repr__(self) -> str:
        return repr(self._card)

    @property
    def _card(self) -> Card:
        cluster = f"{self._cluster.name}, made by {self._cluster.provider}, Kubernetes {self.client.server_version()}"
        lines = [("cluster", cluster), ("workspace", str(self.workspace))]
        if self._kept is not None:
            lines.append(("kept", f"work found there is in {self._kept}"))
        lines += [(step.id, f"{step.title} ({step.minutes:g} min)") for step in self.outline.steps]
        return Card(Tone.NEUTRAL, self.outline.title, lines)
