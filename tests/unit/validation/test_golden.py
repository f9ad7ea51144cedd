"""Cards are compared without what differs from one run to the next, and what changed is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.validation.golden import expect_card, masked, write_card
from lab_helpers.workbook.course.answers import WrongAnswer

_CARD = """✗ 9.1 not yet · v1.0.0 is Ready\x20
  seen  prj-02-6f6d8c9d4-x2x7k on lab-9-1: 3 of 40 requests in 1.25 s
  hint  ImagePullBackOff in container web: rpc error
  seen  latest, sha-0123abc, sha-4567890; v0.8.0 in Git 0123abc, v0.8.0 in the registry 4567890, not v0.8.01 or 12.50
  seen  latest, sha-0123abc, v1.0.0, v1.5.0
  hint  The registry has v1.0.0, v1.5.0.
  hint  The registry has sha-0123abc, v1.0.0, v1.5.0.
  seen      0123abc Deploy v0.8.0: on the Git server main is at 4567890
  seen  a limit of 200Mi, sealed-secrets-keyb966g
  seen  backups/k3s-20260131T100005Z.tar
  seen  no key could decrypt secret (URL, API_KEY)
  next  git tag --force v0.8.0 4567890
        Successfully pulled image "org/app:v0.8.0" in 4.429s (4.429s including waiting). Image size: 62435370 bytes.
        Container image "org/app:v0.8.0" already present on machine and can be accessed by the pod
"""
_MASKED = """✗ 9.1 not yet · v1.0.0 is Ready
  seen  prj-02-POD on NODE-1: SOME of ALL requests in SECONDS s
  hint  PULL-FAILED
  seen  latest, sha-COMMIT; RELEASE in Git COMMIT, RELEASE in the registry COMMIT, not v0.8.01 or 12.50
  seen  latest, sha-COMMIT
  hint  The registry has TAGS
  hint  The registry has TAGS
  seen      COMMIT Deploy RELEASE: on the Git server main is at COMMIT
  seen  a limit of MEMORY, sealed-secrets-KEY
  seen  backups/k3s-TIME.tar
  seen  no key could decrypt secret (KEYS)
  next  git tag --force RELEASE COMMIT
        PULLED "org/app:RELEASE"
        PULLED "org/app:RELEASE"
"""


@pytest.fixture
def wrong(tmp_path: Path) -> WrongAnswer:
    return WrongAnswer("9.1", tmp_path, "It is wrong.", "seen", is_last=False)


def test_what_differs_from_run_to_run_is_masked() -> None:
    assert masked(_CARD, "lab-9", {"release": "v0.8.0", "price": "12.50", "quantity": 40, "memory": "200Mi"}) == _MASKED


def test_a_card_that_reads_as_it_was_kept_is_as_it_should_be(wrong: WrongAnswer) -> None:
    write_card(wrong, _MASKED)
    expect_card(wrong, _MASKED, "09_toy")


def test_one_that_reads_otherwise_shows_the_difference(wrong: WrongAnswer) -> None:
    write_card(wrong, _MASKED.replace("not yet", "never"))
    with pytest.raises(LabError, match="its card reads otherwise") as failure:
        expect_card(wrong, _MASKED, "09_toy")
    assert {"-✗ 9.1 never · v1.0.0 is Ready", "+✗ 9.1 not yet · v1.0.0 is Ready"} <= set(
        str(failure.value).splitlines()
    )
    assert "lab validate 09_toy --write-cards" in failure.value.next_step


def test_one_that_nobody_has_read_is_no_proof(wrong: WrongAnswer) -> None:
    with pytest.raises(LabError, match="nobody has read its card yet"):
        expect_card(wrong, _MASKED, "09_toy")
