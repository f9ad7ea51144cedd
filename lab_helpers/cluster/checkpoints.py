"""The state of a running cluster at one moment, kept beside it to go back to as often as wanted, and gone with it."""

from __future__ import annotations

import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from lab_helpers import files, locks
from lab_helpers.errors import LabError, Unwritable
from lab_helpers.language import gettext as _

__all__ = ["Checkpoint", "Checkpoints", "check_name", "unfinished"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_FORM = 1  # of what is kept: another one is that of another version of the lab
_FILE = "checkpoint.json"


def check_name(name: str) -> str:
    """Return the name if a checkpoint may be called so.

    Raises:
        LabError: It may not: a name becomes part of paths.
    """
    if not _NAME.fullmatch(name):
        raise LabError(
            _("a checkpoint's name is 1 to 40 letters, digits, dashes, dots and underscores, a letter or digit first"),
            object=repr(name),
            next_step="lab checkpoint save before-lunch",
        )
    return name


def unfinished(directory: Path, name: str) -> Path:
    """Where a checkpoint lies while it is taken or removed, beside those that are whole; no name begins with a dot."""
    return directory / f".{name}"


@dataclass(frozen=True)
class Checkpoint:
    """What is known of a checkpoint.

    Attributes:
        name: Its name.
        created: When it was taken, as seconds since the epoch.
        bytes: What it takes on the disk by itself.
        seconds: How long it took.
        ready: The pods that were Ready, as ``NAMESPACE/NAME``.
        form: The form of what is kept.
    """

    name: str
    created: float
    bytes: int
    seconds: float
    ready: tuple[str, ...]
    form: int = _FORM


class Checkpoints(ABC):
    """The checkpoints of one running cluster.

    Args:
        lab: The lab's name.
        directory: Where they lie.
        guard: The file by whose lock the nodes stay as they are.
    """

    def __init__(self, lab: str, directory: Path, guard: Path) -> None:
        self._lab = lab
        self._directory = directory
        self._guard = guard

    def list(self) -> list[Checkpoint]:
        """Those that are whole, the oldest first.

        Raises:
            LabError: One is of another version of the lab, or broken.
        """
        names = [file.parent.name for file in self._directory.glob(f"*/{_FILE}")]
        return sorted(
            (self.get(name) for name in names if not name.startswith(".")), key=lambda checkpoint: checkpoint.created
        )

    def get(self, name: str) -> Checkpoint:
        """What is known of a checkpoint.

        Raises:
            LabError: There is none of that name, or this version of the lab cannot read it.
        """
        object_name = _("checkpoint {name}").format(name=check_name(name))
        try:
            content = json.loads((self.place(name) / _FILE).read_text(encoding="utf-8"))
            checkpoint = Checkpoint(**{**content, "ready": tuple(content["ready"])})
        except (FileNotFoundError, NotADirectoryError) as error:
            reason = _("lab {lab} has none of that name").format(lab=self._lab)
            step = f"lab checkpoint list --name {self._lab}"
            raise LabError(reason, object=object_name, next_step=step) from error
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise self._unreadable(object_name, name, str(error)) from error
        if checkpoint.form != _FORM:
            raise self._unreadable(object_name, name, f"form {checkpoint.form}")
        return checkpoint

    def save(self, name: str, ready: Sequence[str], add: Callable[[Path], None]) -> Checkpoint:
        """Keep the state of the cluster.

        Args:
            name: What it is to be called.
            ready: The pods that are Ready.
            add: Adds what belongs to it beside the cluster, in a directory it makes at this path.

        Raises:
            LabError: There is one of that name, or it could not be taken; nothing of it is left.
        """
        begun, part = time.time(), unfinished(self._directory, check_name(name))
        with locks.exclusively(self._guard):
            self._expect_absent(name)
            self._discard(name)
            try:
                _make(part)
                size = self._save(name)
                add(part / "learner")
                checkpoint = Checkpoint(name, begun, size, round(time.time() - begun, 1), tuple(ready))
                files.write(part / _FILE, json.dumps(asdict(checkpoint), indent=2))
                part.rename(self.place(name))
            except BaseException:
                with suppress(LabError):  # what went wrong before may be why
                    self._discard(name)
                raise
        return checkpoint

    def restore(self, name: str, report: Callable[[str], None], meanwhile: Callable[[Path], None]) -> None:
        """Go back to a checkpoint, and wait until the cluster answers with what is in it and its nodes are Ready.

        Args:
            name: Which.
            report: Told what happens.
            meanwhile: Gives back what was added to it, in the directory at this path, while the cluster starts.

        Raises:
            LabError: There is no such checkpoint, or it cannot be gone back to.
        """
        self.get(name)
        with locks.exclusively(self._guard):
            self._restore(name, report, lambda: meanwhile(self.place(name) / "learner"))

    def remove(self, name: str) -> None:
        """Remove a checkpoint, whatever is in it, and what a killed ``save`` left of one.

        Raises:
            LabError: There is none of that name.
        """
        with locks.exclusively(self._guard):
            place, part = self.place(check_name(name)), unfinished(self._directory, name)
            if not place.exists() and not part.exists():
                self.get(name)
            self._discard(name)
            if place.exists():
                place.rename(part)
                self._discard(name)

    def place(self, name: str) -> Path:
        """Where a checkpoint lies that is whole."""
        return self._directory / name

    @abstractmethod
    def _save(self, name: str) -> int:
        """Take the state of the cluster into the directory of an unfinished checkpoint; its size in bytes."""

    @abstractmethod
    def _restore(self, name: str, report: Callable[[str], None], meanwhile: Callable[[], None]) -> None:
        """Start the cluster from the state in a checkpoint."""

    @abstractmethod
    def _discard(self, name: str) -> None:
        """Remove an unfinished checkpoint; none is no error."""

    def _expect_absent(self, name: str) -> None:
        if self.place(name).exists():
            raise LabError(
                _("is there already"),
                object=_("checkpoint {name}").format(name=name),
                next_step=f"lab checkpoint remove {name} --name {self._lab}",
            )

    def _unreadable(self, object_name: str, name: str, why: str) -> LabError:
        return LabError(
            _("cannot be read: it is broken, or of another version of the lab"),
            object=object_name,
            last_event=why,
            next_step=f"lab checkpoint remove {name} --name {self._lab}",
        )


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True)
    except OSError as error:
        raise Unwritable(directory, error) from error
