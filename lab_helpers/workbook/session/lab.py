"""The session of a notebook: check its steps, watch rollouts, give hints and solutions."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab_helpers.cluster.base import Capability, Cluster, Entry, Report
from lab_helpers.errors import CheckFailed, LabError, NotSupported
from lab_helpers.images.registry import Registry
from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.workbook.course import answers, checks, needs
from lab_helpers.workbook.course.checks import CheckBroken
from lab_helpers.workbook.course.outline import Scalar
from lab_helpers.workbook.course.outlines import Outline, Step
from lab_helpers.workbook.course.variation import fill
from lab_helpers.workbook.display.cards import Card, stopped
from lab_helpers.workbook.display.showing import notebook, show, show_line
from lab_helpers.workbook.learner.localizing import localize
from lab_helpers.workbook.learner.phase_map import map_card
from lab_helpers.workbook.learner.phases import phases
from lab_helpers.workbook.learner.progress import Progress
from lab_helpers.workbook.learner.retrospect import certify, look_back
from lab_helpers.workbook.learner.secrecy import Secrecy, cluster_secrets
from lab_helpers.workbook.learner.workspace import Workspace, commit_answer
from lab_helpers.workbook.pictures.picture import Picture, certificate_picture, retrospect_picture, topology_picture
from lab_helpers.workbook.pictures.topology_model import look
from lab_helpers.workbook.room import building, environment, room
from lab_helpers.workbook.session import asking, guidance, predictions, shell_cells
from lab_helpers.workbook.session.health import Health
from lab_helpers.workbook.session.overview import overview
from lab_helpers.workbook.session.shell_cells import CellFailed
from lab_helpers.workbook.session.verdicts import Verdicts
from lab_helpers.workbook.session.watching import RolloutWatch

__all__ = ["Lab"]


class Lab:
    """One lab on one cluster.

    Attributes:
        outline: What the lab is about.
        client: The cluster's objects.
        registry: The registry its nodes know as ``ghcr.io``.
        entry: Where requests from outside come in; None where the lab has no part in that.
        workspace: Where the learner works.
        health: Whether progress and cluster are still those that the lab was opened with.
        nonce: A word that was never written anywhere before this learner began.
        watch: The stream of requests that runs, or ran last; None before the first.
        vary: The values that were drawn for this attempt of the learner, by name.
        observations: What checks of earlier steps saw, for those of later ones: plain JSON values, for they outlive the
            kernel.
        solves: Whether ``check`` gives the right answer to a step that the notebook leaves to the learner.
        unsupported: Why this cluster cannot do the notebook, so that all of it is skipped; empty where it can.
    """

    def __init__(
        self,
        outline: Outline,
        cluster: Cluster,
        workspace: Workspace,
        progress: Progress,
        *,
        solve: bool = False,
        remark: str = "",
    ) -> None:
        self.outline = fill(outline, progress.vary)
        self.health = Health(cluster, progress, lambda: self.client.server_version())
        self.client = Client(cluster.kubeconfig, expect_running=self.health.expect_running)
        self.registry: Registry = cluster.registry
        self.entry: Entry | None = cluster.entry
        self.workspace: Path = workspace.directory
        self.nonce = progress.nonce
        self.beginning = progress.beginning
        self.vary: Mapping[str, Scalar] = progress.vary
        self.watch: RolloutWatch | None = None
        self.observations: dict[str, Any] = progress.seen
        self.solves = solve
        self.unsupported = ""
        self._progress = progress
        self._remark = remark
        self._cluster = cluster
        self._capabilities = cluster.capabilities | building.capabilities(cluster)
        self._begun = workspace
        self._checks = checks.load(outline.notebook)
        self._secrecy = Secrecy(self.registry.passwords, self.workspace, cluster_secrets(cluster, outline.namespaces))
        self._pull_secret = environment.pull_secret(cluster)
        self._verdicts = Verdicts(self.outline, progress, cluster, self.client, self._secrecy.redactor)

    def enter(self, report: Report) -> None:
        """Change this process, and the terminals of a learner's room, to the workspace and its environment."""
        environment.enter(self._cluster, self.workspace, self._progress.variables, report)
        ipython = notebook()
        if ipython is not None:
            shell_cells.register(ipython, self.shell)
            # In a notebook that is skipped, so is every cell that needs anything of the cluster.
            needs.register(ipython, frozenset() if self.unsupported else self._capabilities, self._skip_cell)
            predictions.register(ipython)

    def shell(self, script: str) -> None:
        """Run the commands of a shell cell in the workspace, and print what they print, without secrets.

        What says that it needs more than this cluster can do is left out, and that is shown.

        Raises:
            CellFailed: One of them failed.
            LabError: The cluster is gone, or does not answer, or the page is an old one.
        """
        self.health.expect_well()
        if self.unsupported:
            self._verdicts.skipped_command(needs.first_command(script), self.unsupported)
            return
        script = needs.without(script, self._capabilities, self._skip_cell)
        self._secrecy.redactor()  # learns what is secret before the first line
        try:
            shell_cells.run(script, self.workspace, lambda line: show_line(self._secrecy.line(line)))
        except CellFailed as failure:
            self.health.expect_running()  # else what a command says of a cluster that went away meanwhile is no help
            failure.redact(self._secrecy.redactor().text)
            raise
        finally:
            self._secrecy.redactor()  # learns what the commands made

    def can(self, capability: Capability) -> bool:
        """Whether the cluster can do something that not every cluster can."""
        return capability in self._capabilities

    def watch_rollout(self, name: str = "") -> None:
        """Start a steady stream of requests and show it, with the pods behind it, until a check ends it.

        Args:
            name: What to watch, by its name in ``lab.toml``; not needed where it has none there, or is the only one.

        Raises:
            LabError: The lab watches nothing of that name, or it does not answer.
        """
        self.health.expect_well()
        watched = self.outline.watched_by(name)
        if self.unsupported:
            self._verdicts.skipped_command("lab.watch_rollout", self.unsupported)
            return
        self.close()
        image = self.registry.localize(watched.image)
        watch = RolloutWatch(self.client, replace(watched, image=image), self._pull_secret)
        watch.start()
        self.watch = watch

    def close(self) -> None:
        """End the stream of requests, if one runs."""
        watch, self.watch = self.watch, None
        if watch is not None:
            watch.abandon()

    def predict(self, step: object = None, prediction: object = predictions.UNTOUCHED) -> Card:
        """Record what the learner expects of a step, until the step is proven; ``"..."`` is no prediction.

        Args:
            step: The step's id, or however else a learner types it; by default the first that is not done.
            prediction: One of the answers that the cell names.

        Raises:
            LabError: Nothing is asked before this step.
        """
        step = self._step_id(step, "predict")
        declared_step, step_progress = self.outline.step(step), self._progress.step(step)
        if declared_step.prediction is None:
            raise LabError(_("asks for no prediction"), object=_("step {step}").format(step=step))
        answer = predictions.read(declared_step.prediction, prediction)
        if step_progress.state == "passed":
            return predictions.too_late(step, step_progress.prediction)
        step_progress.prediction = answer
        self._progress.save()
        self._verdicts.tell(declared_step, "predicted" if answer else "not predicted", prediction=answer)
        if not answer:
            return predictions.unanswered(step, declared_step.prediction, prediction)
        return predictions.recorded(step, declared_step.prediction, answer)

    def check(self, step: object = None) -> None:
        """Prove a step and show what proves it; where it is the learner's and ``solves`` is set, solve it first.

        Raises:
            CheckFailed: It is not done; the card says what is missing.
            CheckBroken: The check itself failed, so nothing is known of the step.
            LabError: It could not be looked at.
        """
        step = self._step_id(step, "check")
        declared_step, proof = self.outline.step(step), self._checks[step]
        self.health.expect_well()
        lacking = declared_step.needs - self._capabilities
        if self.unsupported or lacking:
            self._verdicts.skipped(declared_step, self.unsupported or needs.reason(lacking, self._cluster.provider))
            return
        if self.solves and not declared_step.is_worked:
            self.solve(step)
        try:
            evidence = proof.watch(self)
        except NotSupported as error:
            self._verdicts.skipped(declared_step, error.reason)
        except CheckFailed as failure:
            self._fail(declared_step, proof.title, failure)
        except Exception as error:  # noqa: BLE001 - whatever ends a check is told as what it is, and no verdict
            self.health.expect_running()
            redactor = self._secrecy.redactor()
            broken = error if isinstance(error, LabError) else CheckBroken(step, error, redactor)
            self._verdicts.broken(declared_step, broken, redactor.text("".join(traceback.format_exception(error))))
            raise broken from (None if broken is error else error)
        else:
            self._verdicts.passed(declared_step, proof.title, evidence)

    def _fail(self, step: Step, title: str, failure: CheckFailed) -> None:
        """Show a failure and emit its event; what was passed stays passed, and is no error in a learner's room."""
        if self.watch is not None and step.is_watched and self.watch.judged_by in ("", step.id):
            pauses = ", ".join(
                _("{seconds:.0f} s").format(seconds=pause.seconds) for pause in self.watch.observation.pauses
            )
            if pauses:
                failure.evidence[gettext_noop("this machine")] = _("paused for {seconds}").format(seconds=pauses)
        if not self._verdicts.has_passed(step):
            self._verdicts.failed(step, title, failure)
            raise failure
        self._verdicts.moved_on(step, title, failure)
        if not room.is_learners():
            raise failure

    def solve(self, step: object = None) -> None:
        """Give the right answer to a step; where a trainer withholds solutions, say so."""
        step = self._step_id(step, "solve")
        if room.is_withheld("solutions"):
            show(guidance.solutions_withheld(step))
            return
        self._progress.step(step).is_given = True
        self._progress.save()
        answer = answers.solution(self.outline, step)
        answer.give(self.workspace, self.shell, lambda: self._localize(self.workspace))
        commit_answer(self.outline, self.workspace, answer)

    def hint(self, step: object = None) -> Card:
        """A nudge; each further call goes one further, and after the last comes the solution."""
        step = self._step_id(step, "hint")
        declared_step, step_progress = self.outline.step(step), self._progress.step(step)
        if room.is_withheld("hints"):
            return guidance.hints_withheld(step)
        if step_progress.hints >= len(guidance.hints(declared_step)):
            return self.solution(step)
        step_progress.hints += 1
        self._progress.save()
        self._verdicts.tell(declared_step, "hint", hint=step_progress.hints)
        return guidance.hint(declared_step, step_progress.hints)

    def solution(self, step: object = None) -> Card:
        """The right answer to a step, to read: what to change in the files as they are now, and the commands."""
        step = self._step_id(step, "solution")
        declared_step, step_progress = self.outline.step(step), self._progress.step(step)
        if room.is_withheld("solutions"):
            return guidance.solutions_withheld(step)
        step_progress.has_seen_solution = True
        self._progress.save()
        self._verdicts.tell(declared_step, "solution shown")
        return guidance.solution(self.outline, step, self.workspace, self._localize)

    def map(self) -> Card:
        """Where the learner is: all phases, and the steps of this one."""
        return map_card(phases(self._cluster.name), self.outline.notebook)

    def topology(self) -> Picture:
        """What runs now in the lab's namespaces, as a picture; of Secrets and ConfigMaps, names only."""
        self.health.expect_well()
        return topology_picture([look(self.client, namespace) for namespace in self.outline.namespaces])

    def retrospect(self) -> Picture:
        """The rules of the architecture, and where each was proven, in all notebooks."""
        return retrospect_picture(look_back(self._cluster.name))

    def certificate(self) -> Picture:
        """Who has proven what, when and where: by their own answers, with help, or not."""
        version = self.client.server_version()
        return certificate_picture(certify(self._cluster, version, has_reader=not self.solves))

    def _skip_cell(self, title: str, lacking: needs.Needs) -> None:
        self._verdicts.skipped_command(title, self.unsupported or needs.reason(lacking, self._cluster.provider))

    def _step_id(self, step: object, verb: str) -> str:
        return asking.step_meant(self.outline, self._progress, step, verb)

    def _localize(self, directory: Path) -> None:
        localize(directory, self._cluster)

    def _repr_html_(self) -> str:
        return self._card._repr_html_()

    def __repr__(self) -> str:
        return repr(self._card)

    @property
    def _card(self) -> Card:
        try:
            self.health.expect_well()
        except LabError as error:
            return stopped(error)
        return overview(self.outline, self._cluster, self.client.server_version(), self._begun, self._remark)
