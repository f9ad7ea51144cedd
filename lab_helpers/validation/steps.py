"""Rules about the steps of a lab: what its notebook, its ``lab.toml`` and its answers say of each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.validation.draft import Draft, Rule
from lab_helpers.workbook.course import answers, checks
from lab_helpers.workbook.course.variation import placeholders

__all__ = ["RULES"]

_LONGEST_MINUTES = 60  # what one sitting may hold, where every step stands for itself
_STEP_MINUTES = range(3, 10)
_BASH = "%%bash\n"
_WATCHES = re.compile(r"^lab\.watch_rollout\(", re.MULTILINE)
_PREDICTED = re.compile(r'"([^"]+)"')


def _headed(draft: Draft) -> Iterator[LabError]:
    """A heading and a check for each step, in their order, and no other heading that looks like one."""
    text = "\n\n".join(cell.source for cell in draft.prose)
    headings = re.findall(r"^## (\d+\.\d+) (.*)\n\n\*(\d+) minutes", text, re.MULTILINE)
    expected = [(step.id, step.statement, f"{step.minutes:g}") for step in draft.outline.steps]
    numbered = re.findall(r"^## (\d+\.\d+ .*)", text, re.MULTILINE)
    for step_id, statement, minutes in expected:
        if (step_id, statement, minutes) not in headings:
            beginning = f"## {step_id} {statement}\n\n*{minutes} minutes"
            yield draft.fault(_step(step_id), _("a cell is to begin like this: {text}").format(text=repr(beginning)))
    if numbered != sorted(numbered, key=lambda text: [int(part) for part in text.split()[0].split(".")]):
        yield draft.fault(", ".join(numbered), _("the steps are not in their order"))
    for heading in numbered:
        if heading not in [f"{step_id} {statement}" for step_id, statement, _minutes in expected]:
            yield draft.fault(heading, _("is no step of lab.toml"))


def _checked(draft: Draft) -> Iterator[LabError]:
    known = {step.id for step in draft.outline.steps}
    proven = set(checks.load(draft.outline.notebook))
    for step in draft.outline.steps:
        if len(draft.checks(step)) != 1:
            yield draft.fault(_step(step.id), _('one cell is to say lab.check("{step}")').format(step=step.id))
    for step_id in sorted(known - proven):
        yield draft.fault(_step(step_id), _("has no check"), f"less {draft.outline.directory}/checks.py")
    for step_id in sorted(proven - known):
        yield draft.fault(
            _step(step_id), _("there is a check of it, and no such step"), f"less {draft.outline.directory}/lab.toml"
        )


def _timed(draft: Draft) -> Iterator[LabError]:
    toml = f"less {draft.outline.directory}/lab.toml"
    minutes = sum(step.minutes for step in draft.outline.steps)
    if minutes != draft.outline.minutes:
        reason = _("its steps take {minutes:g} minutes together, and it says {all:g}")
        yield draft.fault("lab.toml", reason.format(minutes=minutes, all=draft.outline.minutes), toml)
    if draft.outline.minutes > _LONGEST_MINUTES:
        yield draft.fault(
            "lab.toml", _("nobody follows for more than {minutes} minutes").format(minutes=_LONGEST_MINUTES), toml
        )
    for step in draft.outline.steps:
        if not _STEP_MINUTES[0] <= step.minutes <= _STEP_MINUTES[-1]:
            reason = _("takes {minutes:g} minutes; one new idea takes {least} to {most}")
            message = reason.format(minutes=step.minutes, least=_STEP_MINUTES[0], most=_STEP_MINUTES[-1])
            yield draft.fault(_step(step.id), message, toml)


def _worked(draft: Draft) -> Iterator[LabError]:
    for step in draft.outline.steps:
        cells = [cell for cell in draft.code if step.id in cell.tags]
        if not step.is_worked:
            for cell in cells:
                yield draft.fault(
                    cell.id, _("step {step} is the learner's own, and this shows it").format(step=step.id)
                )
            continue
        for cell in cells:
            if not cell.source.startswith(_BASH):
                yield draft.fault(cell.id, _("what a worked step shows is typed into a shell: %%bash"))
        typed = [line for cell in cells for line in cell.source.removeprefix(_BASH).splitlines() if line]
        solution = answers.solution(draft.outline, step.id)
        if typed != [line for line in solution.commands.splitlines() if line]:
            reason = _("the cells with the tag {step} are not its solution").format(step=step.id)
            yield draft.fault(_step(step.id), reason, f"tail -n +1 {solution.directory}/*.sh")


def _tidied(draft: Draft) -> Iterator[LabError]:
    for step in draft.outline.steps:
        after, positions = answers.solution(draft.outline, step.id).after.rstrip(), draft.checks(step)
        if after and not any(after in cell.source for number in positions for cell in draft.code[number + 1 :][:1]):
            yield draft.fault(_step(step.id), _("the cell after its check is to have what is in after.sh"))


def _watched(draft: Draft) -> Iterator[LabError]:
    for step in draft.outline.steps:
        watches = any(_WATCHES.search(cell.source) for cell in draft.before_check(step))
        if watches != step.is_watched:
            reason = _("lab.watch_rollout is called before the check of a step that is watched, and of no other")
            yield draft.fault(_step(step.id), reason)


def _predicted(draft: Draft) -> Iterator[LabError]:
    for step in draft.outline.steps:
        asking = [cell for cell in draft.code if f'lab.predict("{step.id}", prediction)' in cell.source]
        if step.prediction is None:
            for cell in asking:
                yield draft.fault(cell.id, _("lab.toml has no prediction for step {step}").format(step=step.id))
            continue
        if len(asking) != 1 or asking[0] not in draft.before_check(step):
            reason = _('one cell before its check is to say lab.predict("{step}", prediction)')
            yield draft.fault(_step(step.id), reason.format(step=step.id))
            continue
        first = asking[0].source.splitlines()[0]
        typed = [answer for answer in step.prediction.replies if not placeholders(answer)]  # the card tells the others
        if not first.startswith('prediction = "..."  # ') or _PREDICTED.findall(first)[1:] != typed:
            reason = _("its first line is to name the answers, as lab.toml has them: {line}")
            answers_named = " or ".join(f'"{answer}"' for answer in typed)
            yield draft.fault(asking[0].id, reason.format(line=f'prediction = "..."  # {answers_named}'))
        if not step.prediction.question.endswith("?"):
            yield draft.fault(_step(step.id), _("what is asked ends with a question mark"))
        for answer, reply in step.prediction.replies.items():
            if not reply.endswith("."):
                yield draft.fault(
                    _step(step.id), _("what is replied to {answer} ends with a full stop").format(answer=repr(answer))
                )


def _helped(draft: Draft) -> Iterator[LabError]:
    for step in draft.outline.steps:
        if not 1 <= len(step.hints) <= 3:
            yield draft.fault(
                _step(step.id), _("a step has one to three hints"), f"less {draft.outline.directory}/lab.toml"
            )
        solution = answers.solution(draft.outline, step.id)
        if not solution.commands and not solution.lays_files:
            yield draft.fault(_step(step.id), _("its solution does nothing"), f"ls {solution.directory}")


def _wrong(draft: Draft) -> Iterator[LabError]:
    known = {step.id for step in draft.outline.steps}
    for directory in sorted((draft.outline.directory / "wrong").glob("*")):
        if not (directory / "wrong.toml").is_file():
            yield draft.fault(f"wrong/{directory.name}", _("has no wrong.toml"), f"ls {directory}")
            continue
        if answers.wrong_answer(directory / "wrong.toml").step not in known:
            yield draft.fault(f"wrong/{directory.name}", _("names no step of this lab"), f"less {directory}/wrong.toml")
    for step in draft.outline.steps:
        mistakes = answers.wrong_answers(draft.outline, step.id)
        if not mistakes:
            yield draft.fault(_step(step.id), _("no wrong answer is known"), f"ls {draft.outline.directory}/wrong")
        for wrong in mistakes:
            if not (wrong.mistake.endswith(".") and wrong.expect and (wrong.commands or wrong.lays_files)):
                reason = _(
                    "wrong.toml has a mistake, one sentence, and what the card must say; run.sh makes the mistake"
                )
                yield draft.fault(f"wrong/{wrong.directory.name}", reason, f"ls {wrong.directory}")


def _step(step_id: str) -> str:
    return _("step {step}").format(step=step_id)


RULES = (
    Rule(gettext_noop("its headings are the steps, with their minutes"), _headed),
    Rule(gettext_noop("every step is checked once"), _checked),
    Rule(gettext_noop("the minutes of its steps add up"), _timed),
    Rule(gettext_noop("what a worked step shows is its solution"), _worked),
    Rule(gettext_noop("what tidies up after a check is in the notebook"), _tidied),
    Rule(gettext_noop("a step that is watched is watched before its check"), _watched),
    Rule(gettext_noop("predictions are asked for before the check, and each answer has a reply"), _predicted),
    Rule(gettext_noop("every step has hints and a solution"), _helped),
    Rule(gettext_noop("every step has wrong answers, and each of them names its step"), _wrong),
)
