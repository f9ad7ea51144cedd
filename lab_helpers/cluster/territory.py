"""What the workbook does on a cluster of somebody else's: where it works, what it makes, what it must be allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab_helpers import files
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Territory", "load", "save"]


@dataclass(frozen=True)
class Territory:
    """What a workbook declares of a cluster that is not its own; handed down by whoever knows the workbook.

    Attributes:
        makes: What is made in each namespace that it works in, as ``deployment/web``.
        rights: What it must be allowed in each of them beyond what every notebook needs: verbs, by the resource as
            kubectl writes it, as in ``deployments.apps/scale``.
    """

    makes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Those that it works in."""
        return tuple(sorted(self.makes))

    @property
    def home(self) -> str:
        """The namespace of what names none, and of the learner's account."""
        return min(self.makes, default="default")


def save(territory: Territory, file: Path) -> None:
    """Write it down beside what else a lab keeps: whoever deletes the lab has to know where it worked.

    Raises:
        LabError: It could not be written.
    """
    files.write(file, json.dumps(asdict(territory), indent=2))


def load(file: Path) -> Territory:
    """Read what a lab wrote down when it connected.

    Raises:
        LabError: It cannot be read.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Territory(*({name: tuple(texts) for name, texts in content[key].items()} for key in ("makes", "rights")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = _("does not say in which namespaces the lab works: {error}").format(error=error)
        raise LabError(reason, object=str(file), next_step=f"cat {file}") from error
