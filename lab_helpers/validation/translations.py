"""Rules about translations: a lab is told in every language that the labs beside it are told in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.translation import catalogues
from lab_helpers.translation.messages import Message, collect
from lab_helpers.translation.review import faults
from lab_helpers.validation.draft import Draft, Rule

__all__ = ["RULES"]

_NEXT = "python -m lab_helpers.translation {language}"


def _complete(draft: Draft) -> Iterator[LabError]:
    domain = draft.outline.directory.name
    for language in _languages(checkout.labs_directory()):
        file = catalogues.file_of(domain, language)
        catalogue = catalogues.read(file, language)
        command = _NEXT.format(language=language)
        if not file.exists():
            yield draft.fault(file.name, _("is missing, in {language}").format(language=language), command)
            continue
        if str(catalogues.update(catalogue, _messages(checkout.source_directory())[domain])) != str(catalogue):
            yield draft.fault(
                file.name, _("the English text was changed since, in {language}").format(language=language), command
            )
        for entry in catalogue:
            for fault in faults(entry):
                yield draft.fault(file.name, f"{entry.msgctxt or entry.msgid!r}: {fault}", f"less {file}")


def _languages(labs: Path) -> list[str]:
    return sorted({directory.name for directory in labs.glob("lab_*/locale/*") if directory.is_dir()})


@cache
def _messages(source: Path) -> Mapping[str, Sequence[Message]]:
    return collect(source)


RULES = (Rule(gettext_noop("it is translated into every language of the labs"), _complete),)
