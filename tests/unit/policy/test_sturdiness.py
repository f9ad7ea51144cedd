"""Whatever stands in a manifest, a lint ends with findings or notes, never with a traceback."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers import policy
from lab_helpers.errors import LabError
from tests.unit.policy import repositories, trees

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


ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{of}'] * 9)}]\n" for of, name in zip("abcdefgh", "bcdefghi", strict=True)
)
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"


@pytest.mark.parametrize(
    "files",
    [
        {"kustomization.yaml": "resources: [web.yaml]\n", "web.yaml": CONFIG_MAP + ALIASES},
        {"kustomization.yaml": ALIASES},
        {"values.yaml": ALIASES},
        {"kustomization.yaml": "resources: [web.yaml]\n", "web.yaml": f"{CONFIG_MAP}data: {'[' * 400}{']' * 400}\n"},
        {
            "kustomization.yaml": "components: [a]\n",
            "a/kustomization.yaml": "kind: Component\ncomponents: [../b]\n",
            "b/kustomization.yaml": "kind: Component\ncomponents: [../a]\n",
        },
        {
            "kustomization.yaml": (
                "resources: [web.yaml]\npatches:\n- target: {kind: ConfigMap, name: (a+)+$}\n  patch: '[]'\n"
            ),
            "web.yaml": CONFIG_MAP.replace("web", f"{'a' * 40}-b"),
        },
    ],
    ids=["aliases", "aliases-of-kustomization", "aliases-of-values", "deep", "components-in-a-circle", "target"],
)
def test_what_would_take_for_ever_is_judged_in_seconds(files: dict[str, str], tmp_path: Path) -> None:
    started = time.process_time()
    assert trees.judge(tmp_path, files, policy.Kind.DEPLOY).judged
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("make", "notes"),
    [(lambda path: path.symlink_to(path.name), 0), (os.mkfifo, 1)],
    ids=["link-to-itself", "pipe"],
)
def test_what_is_no_file_is_not_opened(make: Callable[[Path], None], notes: int, tmp_path: Path) -> None:
    root = trees.write(tmp_path / "repository", trees.DEPLOY)
    make(root / "odd.txt")
    assert len(policy.lint([root]).notes) == notes


def test_a_link_to_itself_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(LabError, match="no such file"):
        policy.lint([tmp_path / "loop"])


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "deployment.yaml", "build.sh", ".env.example"])
@pytest.mark.parametrize("space", ["\n", " "], ids=["lines", "spaces"])
def test_blank_space_is_looked_at_once(name: str, space: str, tmp_path: Path) -> None:
    files = {**trees.APP, name: f"kind apiVersion image{space * 100_000}."}
    started = time.process_time()
    for kind in (policy.Kind.APP, policy.Kind.DEPLOY):
        trees.judge(tmp_path, files, kind)
    assert time.process_time() - started < 5


def test_a_long_word_is_looked_at_once(tmp_path: Path) -> None:
    started = time.process_time()
    trees.judge(tmp_path, {**trees.APP, "src/table.js": f"token {'A_' * 950}\n" * 100})
    assert time.process_time() - started < 5
