"""Whatever is killed, and whenever: nothing of the lab is left, and nothing of the user's has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cluster.remains import links, remains, rules
from tests.kills import Ground, Kill, kills, strike

pytestmark = pytest.mark.cluster

GROUND = Ground("embedded", {"up": 8.0, "run": 25.0}, 10.0, remains)


@pytest.mark.parametrize("kill", kills(), ids=str)
def test_a_lab_killed_at_a_random_moment_leaves_nothing(
    kill: Kill, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "kubeconfig"
    theirs.write_text("somebody else's\n")
    monkeypatch.setenv("KUBECONFIG", str(theirs))
    monkeypatch.setenv("KUBERC", str(theirs))  # of which nothing is to be read either
    before = rules(), {link for link in links() if not link.startswith("lab-")}
    strike(kill, name, GROUND, tmp_path)
    assert (rules(), {link for link in links() if not link.startswith("lab-")}) == before
    assert theirs.read_text() == "somebody else's\n"
