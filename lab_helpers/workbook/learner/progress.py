"""A learner's progress in one notebook: what was proven, how, and what later steps need to know; kept on disk."""

from __future__ import annotations

import filecmp
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lab_helpers import files, language, paths
from lab_helpers.errors import LabError, Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.observe.volume import new_nonce
from lab_helpers.workbook.course.outline import Scalar
from lab_helpers.workbook.course.variation import variables

__all__ = [
    "NOT_BEGUN",
    "STATES",
    "Progress",
    "StepProgress",
    "expire",
    "forget",
    "fresh",
    "load",
    "note_restored",
    "state_name",
]

NOT_BEGUN = gettext_noop("not begun")
STATES = (
    gettext_noop("passed"),
    gettext_noop("failed"),
    gettext_noop("skipped"),
    gettext_noop("error"),
    NOT_BEGUN,
)


@dataclass
class StepProgress:
    """Where a learner is with one step.

    Attributes:
        state: One of ``STATES``: passed once it was, else that of its last check.
        passed_in: The word of the beginning in which it was passed; empty while it is not.
        hints: How many hints were taken.
        has_seen_solution: Whether the solution was shown.
        is_given: Whether the lab itself gave the answer, as in a run without a reader.
        prediction: What was predicted; empty while nothing was.
    """

    state: str = NOT_BEGUN
    passed_in: str = ""
    hints: int = 0
    has_seen_solution: bool = False
    is_given: bool = False
    prediction: str = ""


@dataclass
class Progress:
    """Where a learner is in one notebook. It outlives the kernel, and the cluster.

    Attributes:
        file: Where it is kept.
        cluster: The identity of the cluster that it was begun on.
        nonce: The word of this beginning; written nowhere before, so it tells one beginning from another.
        vary: The values that were drawn for this attempt, by name.
        seen: What checks saw for those of later steps; plain JSON values.
        steps: What came of each step, by its id.
        restored: The word of the checkpoint's restore that it comes from; empty where it comes from none.
    """

    file: Path
    cluster: str
    nonce: str = field(default_factory=new_nonce)
    vary: dict[str, Scalar] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, StepProgress] = field(default_factory=dict)
    restored: str = ""

    @property
    def beginning(self) -> tuple[str, str]:
        """What differs from that of every other time at which this notebook was brought to some state."""
        return self.nonce, self.restored

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of this attempt: ``NONCE``, and one for each value that varies."""
        return {"NONCE": self.nonce, **variables(self.vary)}

    def step(self, id: str) -> StepProgress:  # noqa: A002
        """Where the learner is with a step; change it, then ``save``."""
        return self.steps.setdefault(id, StepProgress())

    def has_finished(self, id: str) -> bool:  # noqa: A002
        """Whether a step was passed since this beginning, or skipped with a reason."""
        step = self.steps.get(id, StepProgress())
        return step.state == "skipped" or (step.state == "passed" and step.passed_in == self.nonce)

    def write(self) -> None:
        """Write this progress to disk, whatever was there.

        Raises:
            LabError: It cannot be written.
        """
        content = {name: value for name, value in asdict(self).items() if name != "file"}
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unwritable(self.file, error) from error
        files.write(self.file, json.dumps(content, indent=2, ensure_ascii=False))

    def save(self) -> None:
        """Write what changed.

        Raises:
            LabError: The notebook was begun again elsewhere since, or it cannot be written.
        """
        self.expect_current()
        self.write()

    def expect_current(self) -> None:
        """Make sure that this is still the progress on disk.

        Raises:
            LabError: The notebook was begun again elsewhere since.
        """
        current = _read(self.file)
        if current is None or current.beginning != self.beginning:
            raise LabError(
                _("was reset since this page opened it, and nothing on this page counts any more"),
                object=self.file.stem,
                next_step=_("Reload the notebook from disk (in the File menu), then run its first two code cells."),
            )


def load(name: str, notebook: str) -> Progress | None:
    """The progress of a lab's learner in a notebook; None where it was never begun, or the file is not readable."""
    return _read(_file(name, notebook))


def note_restored(name: str) -> list[str]:
    """Note that the progress on disk comes from a checkpoint, so that no open page writes over it; whose it is."""
    files = sorted(paths.progress_directory(name).glob("*.json"))
    for progress in filter(None, map(_read, files)):
        progress.restored = new_nonce()
        progress.write()
    return [file.stem for file in files]


def expire(name: str, before: Path, *, but: str) -> list[str]:
    """Have notebooks begin again that came further than they had on a cluster which went back; their map stays.

    Args:
        name: The lab's name.
        before: A directory with the progress of then.
        but: The notebook that is none of them.

    Returns:
        Those notebooks.
    """
    outdated = []
    for progress in filter(None, map(_read, sorted(paths.progress_directory(name).glob("*.json")))):
        then = before / progress.file.name
        if progress.file.stem != but and not (then.exists() and filecmp.cmp(then, progress.file, shallow=False)):
            progress.cluster, progress.restored = "", new_nonce()
            progress.write()
            outdated.append(progress.file.stem)
    return outdated


def fresh(name: str, notebook: str, cluster: str) -> Progress:
    """Progress at the notebook's start, not yet on disk."""
    return Progress(_file(name, notebook), cluster)


def state_name(state: str) -> str:
    """What one of ``STATES`` is called in the reader's language."""
    return language.gettext(state)


def forget(name: str, notebook: str) -> None:
    """Delete the progress in a notebook, which is not begun then."""
    _file(name, notebook).unlink(missing_ok=True)


def _file(name: str, notebook: str) -> Path:
    return paths.progress_directory(name) / f"{notebook}.json"


def _read(file: Path) -> Progress | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        steps = {step_id: StepProgress(**step) for step_id, step in content.pop("steps").items()}
        return Progress(file, **content, steps=steps)
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return None
