"""What proves step 2.3: ready where it can answer, alive as long as it runs, and no mixing of the two."""

from __future__ import annotations

from collections.abc import Mapping

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed
from labs.lab_02_app_repo import javascript
from labs.lab_02_app_repo.splitting import APP, expect_repository

__all__ = ["ready_when_it_can_answer"]

_SOURCE = "src/app.js"
_OK, _UNAVAILABLE = 200, 503

Answers = Mapping[str, Mapping[str, Mapping[str, str | int]]]


@check("2.3")
def ready_when_it_can_answer(lab: CheckContext) -> Evidence:
    """/ready says no while it drains or has no data directory, and why; /health says yes as long as it runs."""
    expect_repository(lab.workspace, APP)
    answers: Answers = javascript.ask(lab.workspace, "answering.js", _SOURCE)
    if answers["well"]["/ready"]["status"] != _OK:
        raise _wrong(answers, "well", "/ready", _OK, _("Nothing is wrong with it, and yet it would get no request."))
    _expect_alive(answers)
    gone = _(
        "It says that it is ready and cannot store a thing: every write that reaches this pod fails, although another "
        "pod could have taken it."
    )
    _expect_unavailable(answers, "data_gone", gone)
    draining = _(
        "It was told to end and still says that it is ready, so requests go on coming to a pod that will not be there."
    )
    _expect_unavailable(answers, "draining", draining)
    commit = committed.read(lab.workspace, APP, _SOURCE)
    return Evidence(
        well="200",
        without_its_data=_said(answers, "data_gone"),
        while_it_drains=_said(answers, "draining"),
        health=_("200 in all three"),
        Git=str(commit),
    )


def _expect_alive(answers: Answers) -> None:
    for state in answers:
        if answers[state]["/health"]["status"] != _OK:
            hint = _(
                "Liveness that asks what the process depends on restarts every pod when that is away for a moment: "
                "none of them is broken, and none comes back until it is there. `health` asks nothing."
            )
            raise _wrong(answers, state, "/health", _OK, hint)


def _expect_unavailable(answers: Answers, state: str, hint: str) -> None:
    if answers[state]["/ready"]["status"] != _UNAVAILABLE:
        raise _wrong(answers, state, "/ready", _UNAVAILABLE, hint)


def _wrong(answers: Answers, state: str, path: str, expected: int, hint: str) -> CheckFailed:
    states = {"well": _("all is well"), "data_gone": _("the data directory is gone"), "draining": _("it drains")}
    return CheckFailed(
        _("{status} from {path} while {state}").format(status=expected, path=path, state=states[state]),
        seen=_said(answers, state, path),
        hint=hint,
        next_step=f"node --test {APP}/test/app.test.js",
    )


def _said(answers: Answers, state: str, path: str = "/ready") -> str:
    answer = answers[state][path]
    return f"{answer['status']} {answer['text']}"
