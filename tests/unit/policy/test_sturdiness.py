"""Whatever stands in a manifest, a lint ends with findings or notes, never with a traceback."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from lab_helpers import policy
from tests.unit.policy import repositories

ROUNDS = int(os.environ.get("LAB_MUTATIONS", "2"))
SEED = int(os.environ.get("LAB_SEED", "20261129"))
ODD = [
    "",
    "~",
    "[]",
    "{}",
    "[[]]",
    "7",
    "true",
    "- ",
    "{a: }",
    '"',
    "*x",
    "&x",
    "!y z",
    "\t",
    "|",
    "{{ x }}",
    "[~, 7, {}]",
]


@pytest.mark.parametrize("name", repositories.NAMES)
def test_a_manifest_with_anything_in_it_is_judged(name: str, tmp_path: Path) -> None:
    chance = random.Random(f"{SEED}-{name}")
    for number in range(ROUNDS):
        root = repositories.unpack(name, tmp_path / str(number))
        for file in sorted(root.rglob("*.yaml")):
            file.write_text(mutated(file.read_text(), chance))
        assert policy.lint([root], policy.Kind.DEPLOY).judged, f"seed {SEED}"


def mutated(text: str, chance: random.Random) -> str:
    """The text with some of its values replaced by others, of whatever type."""
    return re.sub(
        r"(?<=: )(?:[^\s{}\[\],:#][^\n{}\[\],#]*|\{[^{}\n]*\}|\[[^\[\]\n]*\])",
        lambda match: chance.choice(ODD) if chance.random() < 0.15 else match.group(),
        text,
    )
