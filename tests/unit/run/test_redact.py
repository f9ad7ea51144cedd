"""Secrets are hidden in every form they are commonly written in."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from lab_helpers.errors import LabError
from lab_helpers.redact import MASK, Redactor, remember
from tests import canary

SECRET = 'p/ss "wörd" 42'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        base64.b64encode(SECRET.encode()).decode(),
        quote(SECRET, safe=""),
        json.dumps(SECRET),
        f"x{SECRET}x{SECRET}",
    ],
)
def test_every_form_is_hidden(written: str) -> None:
    text = Redactor([SECRET]).text(f"before {written} after")
    assert MASK in text
    assert "wörd" not in text
    assert written not in text
    assert text.startswith("before ")
    assert text.endswith(" after")


@pytest.mark.parametrize("user", ["lab", "user", "learner"])
def test_it_is_hidden_in_a_pull_secret_as_kubectl_shows_it(user: str) -> None:
    auth = base64.b64encode(f"{user}:{SECRET}".encode()).decode()
    written = base64.b64encode(json.dumps({"auths": {"ghcr.io": {"auth": auth}}}).encode()).decode()
    for text in (auth, written):
        hidden = Redactor([SECRET]).text(text)
        begin, _mask, end = hidden.partition(MASK)
        assert _mask == MASK
        rest = base64.b64decode(begin[: len(begin) // 4 * 4]) + base64.b64decode(end[len(end) % 4 :])
        assert base64.b64encode(SECRET.encode())[4:12] not in rest
        assert SECRET.encode()[2:6] not in rest


@pytest.mark.parametrize("width", [64, 70, 76])
def test_it_is_hidden_where_base64_goes_over_several_lines(width: int) -> None:
    secret = "".join(f"{number:x}" for number in range(100))
    encoded = base64.b64encode(secret.encode()).decode()
    text = "\n".join(encoded[start : start + width] for start in range(0, len(encoded), width))
    assert Redactor([secret]).text(text).replace("\n", "").replace(MASK, "") == ""


def test_the_few_letters_of_its_last_line_may_be_those_of_a_word() -> None:
    secret = "".join(f"{number:x}" for number in range(100))[:51]
    rest = base64.b64encode(secret.encode()).decode()[64:]
    assert len(rest) == 4
    assert Redactor([secret]).text(f"an id {rest}") == f"an id {rest}"


def test_a_private_age_key_is_hidden_though_nobody_told_of_it() -> None:
    key = "AGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQQPZRY9X8GF2TVDW0S3"
    assert Redactor().text(f"# public key: age1qqp\n{key}\n") == f"# public key: age1qqp\n{MASK}\n"
    assert Redactor().tree({"text": [key]}) == {"text": [MASK]}


def test_a_secret_inside_a_longer_one_leaves_no_rest() -> None:
    assert Redactor(["secret", "secret-and-more"]).text("secret-and-more secret") == f"{MASK} {MASK}"


def test_short_values_are_words_not_secrets() -> None:
    assert Redactor(["lab", ""]).text("the lab") == "the lab"


def test_trees_are_cleaned_to_their_keys() -> None:
    tree = {"hunter2hunter2": ["hunter2hunter2", ("a", {"b": "hunter2hunter2"}), 1, None]}
    assert Redactor(["hunter2hunter2"]).tree(tree) == {MASK: [MASK, ["a", {"b": MASK}], 1, None]}


def test_remembered_values_are_private_and_hidden(tmp_path: Path) -> None:
    environment = {"LAB_SECRETS_FILE": str(tmp_path / "secrets")}
    remember("first value", environment)
    remember("second value", environment)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o600
    assert Redactor.from_environment(environment).text("first value, second value") == f"{MASK}, {MASK}"


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    path.write_text("a secret value\n")
    path.chmod(0o640)
    with pytest.raises(LabError, match="chmod 600"):
        Redactor.from_file(path)


def test_without_a_file_nothing_is_hidden(tmp_path: Path) -> None:
    assert Redactor.from_environment({}).text("plain") == "plain"
    assert Redactor.from_file(tmp_path / "none").text("plain") == "plain"


@pytest.mark.parametrize(
    "text",
    [
        "TOKEN=0123456789abcdef",
        "of 3456789abcde a part",
        base64.b64encode(b"TOKEN=0123456789abcdef").decode(),
        base64.b64encode(b"a=0123456789abcdef\n").decode()[:18],
    ],
)
def test_what_looks_for_a_planted_value_sees_a_part_of_it_as_well(text: str) -> None:
    assert canary.leaks(text, "0123456789abcdef")
    assert not canary.leaks(text, "fedcba9876543210")
