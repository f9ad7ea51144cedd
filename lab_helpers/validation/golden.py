"""The cards that wrong answers get, as they should read: kept beside each, with what varies in capitals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import unified_diff

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.answers import WrongAnswer
from lab_helpers.workbook.course.outline import Scalar

__all__ = ["expect_card", "masked", "write_card"]

_CARD = "card.txt"

_VOLATILE = (
    (r"\b([a-z0-9]+(?:-[a-z0-9]+)*)-[0-9a-f]{8,10}-[a-z0-9]{5}\b", r"\1-POD"),
    (r"\bsha256:[0-9a-f]{64}\b", "sha256:DIGEST"),
    (r"\bdir:[0-9a-f]{20,64}", "dir:DIGEST"),
    (r"\bsha-[0-9a-f]{7}\b", "sha-COMMIT"),
    (r"\bsha-COMMIT(, sha-COMMIT)+", "sha-COMMIT"),
    # Other notebooks push releases and commits of the same application.
    (r"\bsha-COMMIT(, v[0-9.]+)+", "sha-COMMIT"),
    (r"(?<=\bhas )(sha-COMMIT|v[0-9]).*", "TAGS"),
    (
        r"(\bin Git|\bin the registry|--force \S+|\bmerge|\bcommit,|\bmain is at|\brevert --no-edit) [0-9a-f]{7,10}\b",
        r"\1 COMMIT",
    ),
    (r"(?m)^(  seen +)[0-9a-f]{7} (?=[A-Z])", r"\1COMMIT "),
    (r"\b(?:Successfully pulled|Container) image (\"[^\"]+\") (?:in|already present) .*", r"PULLED \1"),
    (r"\bnonce-[0-9a-f]{32}\b", "NONCE"),
    (r"\bk3s-\d{8}T\d{6}Z\b", "k3s-TIME"),
    (r"\bsealed-secrets-key[a-z0-9]{5}\b", "sealed-secrets-KEY"),
    (r"\b\d+ of \d+ requests\b", "SOME of ALL requests"),
    # Of a Go map, whose order is another each time.
    (r"(?<=\bsecret )\([A-Z_, ]+\)", "(KEYS)"),
    (r"\bfirst: .*", "first: ERROR"),
    (r"\b(ErrImagePull|ImagePullBackOff) in container (\S+): .*", r"PULL-FAILED"),
    (r"(?m)^( +\S+-POD  v[0-9.]+) .*", r"\1 STATE"),
    (r"(?m)^( +pod) +(release) +(state)$", r"\1  \2  \3"),
    (r"\b\d+ lines\b", "SOME lines"),
    (r"\b\d+\.\d+ s\b", "SECONDS s"),
    (r"\b\d+ times\b", "SOME times"),
    (r"\b\d\d:\d\d:\d\d\b", "TIME"),
)


def masked(card: str, cluster: str, vary: Mapping[str, Scalar]) -> str:
    """A card without what differs from one run to the next.

    Args:
        card: Its text.
        cluster: The name of the cluster, after which its nodes are called.
        vary: What was drawn for the learner. A word, or a number with a unit, becomes its name; a mere number may be
            there for another reason.
    """
    for name, value in vary.items():
        if isinstance(value, str) and re.search("[A-Za-z]", value):
            card = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", name.upper(), card)
    card = re.sub(rf"\b{re.escape(cluster)}-(\d+)\b", r"NODE-\1", card)
    for pattern, name in _VOLATILE:
        card = re.sub(pattern, name, card)
    return "\n".join(line.rstrip() for line in card.splitlines()) + "\n"


def write_card(wrong: WrongAnswer, card: str) -> None:
    """Keep the card that a wrong answer gets, masked, for its author to read."""
    (wrong.directory / _CARD).write_text(card, encoding="utf-8")


def expect_card(wrong: WrongAnswer, card: str, notebook: str) -> None:
    """Make sure that a wrong answer's card reads as it should.

    Args:
        wrong: The wrong answer.
        card: The text of its card, masked.
        notebook: The stem of its notebook, for what to do about it.

    Raises:
        LabError: It reads otherwise, or nobody has looked at one yet.
    """
    file = wrong.directory / _CARD
    command = f"lab validate {notebook} --write-cards   # {_('then read what changed: git diff')}"
    if not file.exists():
        raise LabError(_("nobody has read its card yet"), object=str(file), next_step=command)
    expected = file.read_text(encoding="utf-8")
    if card != expected:
        lines = unified_diff(expected.splitlines(), card.splitlines(), "expected", "seen", lineterm="", n=1)
        reason = "{}\n{}".format(_("its card reads otherwise:"), "\n".join(lines))
        raise LabError(reason, object=str(file), next_step=command)
