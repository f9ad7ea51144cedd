"""`make translations`: update every catalogue and print what is left to translate."""

from __future__ import annotations

import sys
from pathlib import Path

from polib import POFile

from lab_helpers.errors import LabError
from lab_helpers.translation import catalogues
from lab_helpers.translation.messages import collect
from lab_helpers.translation.review import faults


def main(languages: list[str]) -> None:
    """Update the catalogues of these languages; by default of all that the project has."""
    messages = collect()
    for language in languages or catalogues.project_languages():
        before = [catalogues.read(file, language) for file in catalogues.project_files(language)]
        after = []
        for domain, of_domain in messages.items():
            file = catalogues.file_of(domain, language)
            after.append(catalogues.update(catalogues.read(file, language), of_domain, before))
            catalogues.write(file, after[-1])
            _review(file, after[-1])
        for text in catalogues.contradictions(after):
            print(f"{language}: translated in two ways, in two catalogues: {text!r}")  # noqa: T201


def _review(file: Path, catalogue: POFile) -> None:
    doubtful = [(entry, fault) for entry in catalogue for fault in faults(entry)]
    for entry, fault in doubtful:
        print(f"{file}: {entry.msgctxt or entry.msgid!r}: {fault}")  # noqa: T201
    print(f"{file}: {len(catalogue)} messages, {len({id(entry) for entry, _ in doubtful})} to look at")  # noqa: T201


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except LabError as error:
        sys.exit(str(error))
