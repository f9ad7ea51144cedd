"""What the verbs that judge have in common: an exit code where nothing could be judged, and English for programs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from lab_helpers.errors import LabError
from lab_helpers.language import LAB_LANGUAGE, SOURCE

__all__ = ["Unjudged", "judging", "speak_to_programs"]


class Unjudged(LabError):
    """Nothing could be judged or compared, which is not the same as nothing being wrong or different."""

    exit_code = 2


@contextmanager
def judging() -> Iterator[None]:
    """Give an error the exit code which says that there is no verdict.

    Raises:
        Unjudged: What was raised within, in the same words.
    """
    try:
        yield
    except LabError as error:
        raise Unjudged(
            error.reason, object=error.object, last_event=error.last_event, next_step=error.next_step
        ) from error


def speak_to_programs() -> None:
    """Say everything in English from here on: what programs read is the same in every locale."""
    os.environ[LAB_LANGUAGE] = SOURCE
