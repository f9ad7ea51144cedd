"""Pages to look at: a run that passed and one that failed, every kind of card, every kind of picture.

In the reader's language, as far as the workbook's catalogue knows the words.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lab_helpers.errors import CheckFailed, LabError
from lab_helpers.language import gettext
from lab_helpers.observe.dashboards import Curve, Dashboard, Panel
from lab_helpers.observe.timeline import Phase, PodSample
from lab_helpers.observe.traffic import Request
from lab_helpers.run.report.results import NotebookResult, RunResult, StepResult
from lab_helpers.workbook.display import cards
from lab_helpers.workbook.display.cards import Card
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words
from lab_helpers.workbook.pictures.boundary_model import Boundary, Reference, RepositoryContents
from lab_helpers.workbook.pictures.node_model import losses
from lab_helpers.workbook.pictures.picture import (
    Commit,
    Moment,
    Picture,
    RebuildPhase,
    Survival,
    boundary_picture,
    certificate_picture,
    commits_picture,
    dashboard_picture,
    persistence_picture,
    rebuild_picture,
    retrospect_picture,
    rollout_picture,
    topology_picture,
)
from lab_helpers.workbook.pictures.retrospect_model import Certificate, Outcome, ProvenStep, Retrospect, Rule
from lab_helpers.workbook.pictures.topology_model import Claim, Deployment, Namespace, Pod, ReplicaSet, Service

_START = 1_795_460_834.0
_LONG = "a-name-as-long-as-kubernetes-allows-it-to-be-which-is-63-letters"


def pictures() -> dict[str, Picture]:
    """Every kind of picture, with failures and with long names too."""
    return {
        "rollout": _rollout(),
        "rollout with failures": _rollout(failing=(4.2, 5.0)),
        "death of a node": _death(),
        "rollout with long names": _rollout(new=f"v1.1.0-{_LONG}"),
        "rollout in Korean": _rollout(new="v1.1.0-새로운-릴리스-이름이-아주-길어서-줄여야-한다"),
        "persistence": persistence_picture(
            [
                Survival(
                    "claim prj-02-data-pvc",
                    {gettext("container restarted"): True, gettext("pod deleted"): True},
                    "/app/data/nonce",
                ),
                Survival(
                    "emptyDir",
                    {gettext("container restarted"): True, gettext("pod deleted"): False},
                    "/app/cache/nonce",
                ),
            ]
        ),
        "topology": topology_picture([_namespace("prj-02"), _namespace(_LONG)]),
        "dashboard": dashboard_picture(_dashboard()),
        "commits": commits_picture(
            [
                Commit("c4157fc", "Run three of prj-04", "v1.0.0", 4.2),
                Commit("dde423f", f"Deploy {_LONG}", _LONG, 2.0),
                Commit("1a0131c", "Break the overlay", "", None),
                Commit("a7ea445", 'Revert "Deploy v1.2.0 to production"', "v1.0.0", 3.1),
            ]
        ),
        "rebuild": rebuild_picture(
            [
                RebuildPhase("create a cluster", 9.5, is_recovery=False),
                RebuildPhase("destroy the cluster", 0.2, is_recovery=True),
                RebuildPhase(_LONG, 61.0, is_recovery=True),
            ],
            4 * 3600,
        ),
        "retrospect": retrospect_picture(_retrospect()),
        "certificate": certificate_picture(
            Certificate(_retrospect(), _LONG, "2026-11-29", "lab, Kubernetes v1.37.1", {"05": "Deploy", "07": _LONG})
        ),
        "boundary": boundary_picture(_boundary("web")),
        "boundary with violations": boundary_picture(
            _boundary(_LONG, app_misplaced=("compose.server.yaml",), deploy_misplaced=(f"build/{_LONG}/Dockerfile",))
        ),
    }


def _retrospect() -> Retrospect:
    """Two notebooks, with a step of every outcome; one rule is shown by nothing."""
    rules = [Rule("1.3", "Containers die, data stays"), Rule("3.4", _LONG), Rule("6.1", "The distribution")]
    steps = [
        ProvenStep(f"{notebook[1]}.{number}", _LONG, notebook, ("1.3", "3.4"), outcome, hints=number)
        for notebook in ("05", "07")
        for number, outcome in enumerate(Outcome)
    ]
    return Retrospect(rules, steps)


def _dashboard() -> Dashboard:
    """A dashboard of two releases, with a gap, with a long name and with nothing to draw."""
    times = [_START + each for each in range(0, 180, 2)]
    old = Curve("v1.1.0", tuple((time, 2.0) for time in times if time < _START + 100))
    new = Curve("v1.3.0", tuple((time, 1.0) for time in times if time > _START + 90))
    memory = Curve(_LONG, tuple((time, 5e7 + 1e5 * (time - _START)) for time in times if not 60 < time - _START < 90))
    panels = (
        Panel("Releases that run", "none", (old, new)),
        Panel("Memory", "bytes", (memory, Curve("prj-02", ((times[-1], 7e7),)))),
        Panel("Messages that wait", "none", ()),
    )
    return Dashboard("Applications", _START, _START + 180, panels)


def all_cards() -> list[Card]:
    """Every kind of card."""
    table = Table(("pod", "state"), [("prj-02-77f9c8d5b4-ccccc", "Ready"), (_LONG, "Pending")], "Pods")
    failure = CheckFailed(
        "every pod Ready",
        seen=f"{_LONG} is not",
        hint="Which probe fails?",
        next_step=f"kubectl -n prj-02 describe pod {_LONG}",
        evidence={"pods": table},
    )
    failure.step = "5.4"
    return [
        cards.passed(
            "5.3",
            gettext("Roll out v1.1.0 under load"),
            {gettext("requests"): 240, gettext("pods"): table, "picture": _rollout()},
        ),
        cards.failed(
            gettext("Send a release that never gets Ready"),
            failure,
            "Events:\n  Unhealthy  readiness probe failed: 503",
        ),
        cards.skipped("7.1", "Drain a node", "the cluster has only one"),
        cards.stopped(LabError("no such program", object="kubectl", last_event="exit 127", next_step="lab doctor")),
    ]


def run(directory: Path, *, passed: bool) -> RunResult:
    """A run of one notebook, with its pictures in the executed notebook."""
    steps = [
        StepResult(
            "5.1",
            gettext("Deploy to staging"),
            "passed",
            9.9,
            {gettext("pods Ready"): 2, gettext("digest"): "sha256:" + "0a1b" * 16},
        ),
        StepResult("5.2", "Take a node away", "skipped", reason="The cluster has only one node."),
        StepResult(
            "5.3",
            gettext("Roll out v1.1.0 under load"),
            "passed",
            12.5,
            {
                gettext("requests"): 240,
                gettext("failed"): 0,
                gettext("pods"): asdict(Table(("pod", "state"), [("prj-02-77f9c8d5b4-ccccc", "Ready"), (_LONG, "")])),
            },
        ),
    ]
    if not passed:
        failed = StepResult(
            "5.3",
            gettext("Roll out v1.1.0 under load"),
            "failed",
            12.5,
            expected="no request to fail",
            seen="16 of 240 requests failed, first: ECONNREFUSED",
            hint="At some moment no Ready pod was behind the Service.",
            next_step="run lab.watch_rollout() and the step's commands again",
            diagnosis=f"pod/{_LONG}: Unhealthy\n" * 3,
        )
        rest = StepResult("5.4", "Roll back", "not reached", reason="The notebook stopped before it.")
        steps[2:] = [failed, rest]
    output = directory / "05_first_deploy.ipynb"
    shown = [new_output("display_data", data=_rollout(failing=(0, 0) if passed else (4.2, 5.0))._repr_mimebundle_())]
    drawn = [new_output("display_data", data=pictures()["persistence"]._repr_mimebundle_())]
    cells = [
        new_markdown_cell("## 5.3 Roll out"),
        new_code_cell("a", outputs=shown),
        new_markdown_cell("## What is true"),
    ]
    nbformat.write(new_notebook(cells=[*cells, new_code_cell("b", outputs=drawn)]), output)
    error = "" if passed else "✗ 5.3 not yet: Roll out"
    result = NotebookResult("05_first_deploy", "passed" if passed else "failed", 61.0, error, output, steps)
    machine = {"system": "Debian GNU/Linux 12 (bookworm)", "kernel": "6.18", "machine": "x86_64, 2 cores"}
    return RunResult([result], "lab", "embedded", "v1.37.2", _START, 125.0, machine)


def _rollout(failing: tuple[float, float] = (0, 0), new: str = "v1.1.0") -> Picture:
    samples = [
        _sample(0, "prj-02-5d8c-aaaaa", "ready", "v1.0.0", 1),
        _sample(0, "prj-02-5d8c-bbbbb", "ready", "v1.0.0", 1),
        _sample(1, "prj-02-77f9-ccccc", "pending", new, 2),
        _sample(2.2, "prj-02-77f9-ccccc", "running", new, 2),
        _sample(4, "prj-02-77f9-ccccc", "ready", new, 2),
        _sample(4.1, "prj-02-5d8c-aaaaa", "terminating", "v1.0.0", 1),
        _sample(4.1, "prj-02-77f9-ddddd", "pending", new, 2),
        _sample(7, "prj-02-77f9-ddddd", "ready", new, 2),
        _sample(7.1, "prj-02-5d8c-bbbbb", "terminating", "v1.0.0", 1),
    ]
    requests = [_request(number, failing, new) for number in range(1, 241)]
    moments = [
        (0.8, words.phrase(words.BEGINS, version=new)),
        (4, words.phrase(words.READY, version=new)),
        (7.3, words.phrase(words.COMPLETE, version=new)),
        (10.9, words.phrase(words.UNDONE, version="v1.0.0")),
    ]
    gone = {"prj-02-5d8c-aaaaa": _START + 7.5, "prj-02-5d8c-bbbbb": _START + 10.4}
    return rollout_picture(samples, requests, [Moment(_START + at, text) for at, text in moments], gone)


def _death() -> Picture:
    changes: tuple[tuple[float, str, Phase, str], ...] = (
        (0.0, "aaaaa", "ready", "lab-1"),
        (0.0, "bbbbb", "ready", "lab-2"),
        (0.0, "ccccc", "ready", "lab-2"),
        (7.0, "bbbbb", "running", "lab-2"),
        (7.1, "ccccc", "running", "lab-2"),
        (9.5, "bbbbb", "terminating", "lab-2"),
        (9.5, "ccccc", "terminating", "lab-2"),
        (9.6, "ddddd", "pending", "lab-1"),
        (9.6, "eeeee", "pending", "lab-1"),
        (10.8, "ddddd", "ready", "lab-1"),
        (11.2, "eeeee", "ready", "lab-1"),
    )
    samples = [
        PodSample(_START + at, f"prj-04-5d8c-{pod}", 1, "v1.0.0", phase, node) for at, pod, phase, node in changes
    ]
    requests = [_request(number, (1.0, 7.2), "v1.0.0") for number in range(1, 241)]
    return rollout_picture(samples, requests, losses(samples), is_by_node=True)


def _sample(at: float, pod: str, phase: Phase, tag: str, revision: int) -> PodSample:
    return PodSample(_START + at, pod, revision, tag, phase)


def _request(number: int, failing: tuple[float, float], new: str) -> Request:
    at = number / 20
    if failing[0] < at <= failing[1]:
        return Request(number, _START + at, 0, "", 5, "ECONNREFUSED 10.96.0.12:80", "")
    version = "v1.0.0" if at < 4.05 or (at < 7.1 and number % 2) else new
    return Request(number, _START + at, 200, version, 5, "", "")


def _namespace(name: str) -> Namespace:
    pods = [
        Pod(f"{name}-77f9c8d5b4-ccccc", f"{name}-77f9c8d5b4", "ready", (f"{name}-data",)),
        Pod(f"{name}-77f9c8d5b4-ddddd", f"{name}-77f9c8d5b4", "running", (f"{name}-data",)),
    ]
    replicasets = [
        ReplicaSet(f"{name}-77f9c8d5b4", name, 2, "v1.1.0", 2),
        ReplicaSet(f"{name}-5d8c6b9f7", name, 1, "v1.0.0", 0),
    ]
    return Namespace(
        name,
        is_there=True,
        deployments=[Deployment(name, 1, 2)],
        replicasets=replicasets,
        pods=pods,
        services=[Service(name, (pods[0].name,), (pods[1].name,))],
        claims=[Claim(f"{name}-data", "Bound", "pvc-0b1d9f3e-6a51-4f0c-a8d8-1d7f1b1b6a10", "1Gi")],
        configmaps=[f"{name}-config-5t8m2"],
        secrets=["ghcr-secret", f"{name}-secret"],
    )


def _boundary(name: str, app_misplaced: tuple[str, ...] = (), deploy_misplaced: tuple[str, ...] = ()) -> Boundary:
    template = "k8s-architecture-lab 1.0.0"
    app_files = {
        words.SOURCE: 8,
        words.BUILD: 4,
        words.PIPELINE: 2,
        words.SCHEMA: 1,
        words.TESTS: 6,
        words.DOCUMENTS: 1,
    }
    deploy_files = {words.WORKLOADS: 1, words.NETWORK: 1, words.SETTINGS: 2, words.STORAGE: 1, words.ENVIRONMENTS: 7}
    image = f"ghcr.io/org/{name}"
    return Boundary(
        RepositoryContents(name, 2, template, app_files, app_misplaced),
        RepositoryContents("deploy", 3, "" if deploy_misplaced else template, deploy_files, deploy_misplaced),
        image,
        ["v1.0.0", "v1.1.0"],
        ["v1.0.0", "latest"],
        [
            Reference("production", image, "latest" if deploy_misplaced else "v1.0.0"),
            Reference("staging", image, "v1.0.0"),
            Reference("staging", "ghcr.io/org/other", "v3.0.0"),
        ],
    )
