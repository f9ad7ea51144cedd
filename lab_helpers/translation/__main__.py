"""`make translations`: update every catalogue and print what is left to translate."""

from __future__ import annotations

import sys

from lab_helpers.translation import catalogues
from lab_helpers.translation.messages import collect
from lab_helpers.translation.review import faults


def main(languages: list[str]) -> None:
    """Update the catalogues of these languages; by default of all that the project has."""
    messages = collect()
    for language in languages or catalogues.project_languages():
        for domain, file in catalogues.files(language).items():
            catalogue = catalogues.update(catalogues.read(file, language), messages[domain])
            catalogues.write(file, catalogue)
            entry_faults = [(entry, fault) for entry in catalogue for fault in faults(entry)]
            for entry, fault in entry_faults:
                print(f"{file}: {entry.msgctxt or entry.msgid!r}: {fault}")  # noqa: T201
            print(f"{file}: {len(catalogue)} messages, {len({id(entry) for entry, _ in entry_faults})} to look at")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
