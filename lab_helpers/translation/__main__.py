"""`make translations`: bring every catalogue up to date and say what is left to do in it."""

from __future__ import annotations

import sys

from lab_helpers.translation import catalogues
from lab_helpers.translation.messages import collect
from lab_helpers.translation.review import faults


def main(languages: list[str]) -> None:
    """Update the catalogues of these languages, those the project keeps where none is named."""
    messages = collect()
    for language in languages or catalogues.kept():
        for domain, file in catalogues.files(language).items():
            catalogue = catalogues.update(catalogues.read(file, language), messages[domain])
            catalogues.write(file, catalogue)
            found = [(entry, fault) for entry in catalogue for fault in faults(entry)]
            for entry, fault in found:
                print(f"{file}: {entry.msgctxt or entry.msgid!r}: {fault}")  # noqa: T201
            print(f"{file}: {len(catalogue)} messages, {len({id(entry) for entry, _ in found})} to look at")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
