"""Where the word of 3.3 went, told from pods that no healthy class produces by itself."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from labs.lab_03_cluster import checks, writing

_NONCE = "nonce-" + "0" * 32


def _pod(name: str, *places: str) -> dict[str, Any]:
    mounts = [{"name": "trial", "mountPath": place} for place in places]
    return {
        "metadata": {"name": name, "namespace": "lab-03"},
        "spec": {
            "containers": [{"name": "web", "volumeMounts": mounts}],
            "volumes": [{"name": "trial", "persistentVolumeClaim": {"claimName": "trial"}}],
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}], "phase": "Running"},
    }


class _Client:
    def __init__(self, *pods: dict[str, Any]) -> None:
        self._pods = {pod["metadata"]["name"]: pod for pod in pods}

    def list(self, _kind: str, _namespace: str) -> list[dict[str, Any]]:
        return list(self._pods.values())

    def get(self, _kind: str, name: str, _namespace: str) -> dict[str, Any] | None:
        return self._pods.get(name)


def _lab(client: _Client, workspace: Path) -> CheckContext:
    return cast(CheckContext, SimpleNamespace(client=client, workspace=workspace, nonce=_NONCE))


def test_a_pod_of_an_earlier_try_does_not_stand_for_the_right_one(tmp_path: Path) -> None:
    lab = _lab(_Client(_pod("first", "/mnt"), _pod("second", "/data/")), tmp_path)
    assert checks._user_of_claim(lab)["metadata"]["name"] == "second"


@pytest.mark.parametrize(
    ("places", "description"), [((), "mounted nowhere"), (("/mnt", "/srv"), "mounted at /mnt, /srv")]
)
def test_where_a_claim_is_mounted_instead_is_said(places: tuple[str, ...], description: str) -> None:
    with pytest.raises(CheckFailed) as failure:
        writing.expect_mounted(_pod("writer", *places), "trial")
    assert failure.value.seen == description


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (None, "your own shell's"),
        ("\n", "Between single quotes"),
        ("$NONCE\n", "the letters themselves"),
        ("${NONCE}\n", "the letters themselves"),
        ("nonce-1234\n", "an earlier beginning"),
        ("hello\n", "something else than your"),
    ],
)
def test_each_wrong_word_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str | None, said: str
) -> None:
    monkeypatch.setattr(writing, "read_nonce", lambda *_where: word)
    with pytest.raises(CheckFailed) as failure:
        writing.expect_word(_lab(_Client(), tmp_path), _pod("writer", "/data"))
    assert said in failure.value.hint


def test_the_word_on_the_learners_own_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nonce").write_text(f"{_NONCE}\n")
    monkeypatch.setattr(writing, "read_nonce", lambda *_where: None)
    with pytest.raises(CheckFailed, match="the word is in the file nonce of your own folder"):
        writing.expect_word(_lab(_Client(), tmp_path), _pod("writer", "/data"))
