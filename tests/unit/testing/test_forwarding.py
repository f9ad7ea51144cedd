"""A forwarded port, with scripts in kubectl's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import wait
from lab_helpers.errors import CommandFailed, WaitTimeout
from lab_helpers.testing import forwarding
from lab_helpers.testing.forwarding import forward

SAYS = 'echo "Forwarding from 127.0.0.1:45678 -> 80"; '


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "_SECONDS", 300)
    monkeypatch.setattr(forwarding, "_END_SECONDS", 300)


def script(text: str) -> list[str]:
    return ["sh", "-c", text]


def test_the_port_is_the_one_kubectl_chose_and_ends_with_the_block(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    waiting = script(f"trap 'touch {ended}; exit' TERM; {SAYS}while :; do sleep 0.05; done")
    with forward(waiting, {}, "service/web") as port:
        assert port == 45678
        assert not ended.exists()
    assert ended.exists()


def test_what_kubectl_says_later_does_not_stop_it(tmp_path: Path) -> None:
    much = tmp_path / "much"
    many = "i=0; while [ $i -lt 4000 ]; do echo Handling connection for 45678; i=$((i+1)); done"
    with forward(script(f"{SAYS}{many}; touch {much}; sleep 60"), {}, "service/web"):
        wait.until(much.exists, seconds=120, outcome="say much")


def test_what_is_not_there_is_said_in_kubectls_words() -> None:
    missing = script('echo "Error from server (NotFound): services \\"web\\" not found" >&2; exit 1')
    with pytest.raises(CommandFailed) as failure, forward(missing, {}, "service/web"):
        pass
    assert 'services "web" not found' in failure.value.last_event
    assert failure.value.returncode == 1


@pytest.mark.parametrize("kubectl", ["sleep 60", "while sleep 0.1; do echo still trying; done"])
def test_silence_is_a_failure_and_so_is_talk(monkeypatch: pytest.MonkeyPatch, kubectl: str) -> None:
    monkeypatch.setattr(forwarding, "_SECONDS", 0.3)
    with (
        pytest.raises(WaitTimeout, match="service/web: was not forwarded"),
        forward(script(kubectl), {}, "service/web"),
    ):
        pass


def test_one_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "_END_SECONDS", 0.2)
    with forward(script(f"trap '' TERM; {SAYS}exec sleep 3600"), {}, "service/web"):
        pass
