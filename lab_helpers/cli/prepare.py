"""`lab prepare`: download or build everything a lab needs, so that later commands are quick and work offline."""

from __future__ import annotations

from lab_helpers.cli.options import Language, ProgressPrinter

__all__ = ["prepare"]


def prepare(language: Language = None) -> None:
    """Download or build what an embedded cluster, add-ons, applications and notebooks need; quick if already cached."""
    from lab_helpers.distribution import contents

    contents.prepare(ProgressPrinter())
