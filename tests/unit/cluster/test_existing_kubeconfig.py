"""One context of the user's kubeconfig, taken out whole; the user's files are only read."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers.cluster.existing.kubeconfig import current_context, extract
from lab_helpers.errors import LabError


def _write(path: Path, **content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    return path


def _entry(kind: str, name: str, **content: Any) -> dict[str, Any]:
    return {"name": name, kind: content}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two files, as KUBECONFIG may name them; the second has what the first only names."""
    first = _write(
        tmp_path / "a" / "config",
        **{"current-context": "staging"},
        contexts=[_entry("context", "staging", cluster="c", user="u", namespace="default")],
    )
    second = _write(
        tmp_path / "b" / "config",
        **{"current-context": "other"},
        contexts=[
            _entry("context", "staging", cluster="wrong"),
            _entry("context", "broken", cluster="x"),
        ],
        clusters=[_entry("cluster", "c", server="https://s", **{"certificate-authority": "pki/ca.crt"})],
        users=[
            _entry("user", "u", tokenFile="token", exec={"command": "./login", "args": ["-v"]}, client_key=""),
            _entry("user", "other", token="not-for-the-lab"),
        ],
    )
    (tmp_path / "b" / "pki").mkdir()
    (tmp_path / "b" / "pki" / "ca.crt").write_text("authority")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(["", str(first), str(tmp_path / "missing"), str(second)]))
    return first, second


def test_it_is_complete_and_holds_nothing_else(files: tuple[Path, Path], tmp_path: Path) -> None:
    before = [path.read_bytes() for path in files]
    text = extract(current_context(), "lab-03")
    config = yaml.safe_load(text)
    assert config["current-context"] == "staging"
    assert [entry["name"] for entry in config["contexts"]] == ["staging"]
    assert config["contexts"][0]["context"]["namespace"] == "lab-03", "what names no namespace goes to one of the lab's"
    (cluster,) = [entry["cluster"] for entry in config["clusters"]]
    assert cluster == {"server": "https://s", "certificate-authority-data": base64.b64encode(b"authority").decode()}
    (user,) = [entry["user"] for entry in config["users"]]
    assert user["tokenFile"] == str(tmp_path / "b" / "token"), "read anew each time, from wherever"
    assert Path(user["exec"]["command"]) == tmp_path / "b" / "login"
    assert "not-for-the-lab" not in text
    assert [path.read_bytes() for path in files] == before


def test_a_program_on_path_stays_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(
        tmp_path / "config",
        contexts=[_entry("context", "c", cluster="c", user="u")],
        clusters=[_entry("cluster", "c", server="https://s")],
        users=[_entry("user", "u", exec={"command": "aws"})],
    )
    monkeypatch.setenv("KUBECONFIG", str(path))
    assert yaml.safe_load(extract("c", "n"))["users"][0]["user"]["exec"]["command"] == "aws"


def test_a_context_that_is_not_there_is_told_with_those_that_are(files: tuple[Path, Path]) -> None:
    with pytest.raises(LabError, match="its contexts are broken, staging") as failure:
        extract("production", "n")
    assert failure.value.object == "context 'production'"
    assert failure.value.next_step == "kubectl config get-contexts"
    with pytest.raises(LabError) as failure:
        extract("broken", "n")
    assert failure.value.object == "the cluster of context 'broken'"


def test_no_kubeconfig_at_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(LabError, match=r"no current one in .*/\.kube/config"):
        current_context()


@pytest.mark.parametrize("content", ["token: [s3cret", "just s3cret words", "- s3cret"])
def test_what_is_no_kubeconfig_is_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    (tmp_path / "config").write_text(content)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(LabError) as failure:
        current_context()
    assert "s3cret" not in str(failure.value)


def test_a_key_that_cannot_be_read_is_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "b" / "pki" / "ca.crt").unlink()
    with pytest.raises(LabError, match="No such file") as failure:
        extract("staging", "n")
    assert failure.value.object == str(tmp_path / "b" / "pki" / "ca.crt")


WHOLE = {
    "contexts": [{"name": "mine", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://s"}}],
    "users": [{"name": "u", "user": {"token": "t"}}],
}


@pytest.mark.parametrize(
    "edited",
    [
        {"contexts": "mine"},
        {"contexts": ["mine", None]},
        {"contexts": [{"name": ["mine"]}]},
        {"clusters": None},
        {"clusters": [{"name": "c", "cluster": {}}]},
        {"clusters": [{"name": "c", "cluster": {"server": 7}}]},
        {"clusters": [{"name": "c", "cluster": {"server": "https://s", "certificate-authority": 5}}]},
        {"users": {"name": "u"}},
    ],
    ids=str,
)
def test_a_kubeconfig_that_somebody_broke_is_one_line(
    edited: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(_write(tmp_path / "config", **{**WHOLE, **edited})))
    with pytest.raises(LabError) as failure:
        extract("mine", "lab-03")
    assert failure.value.next_step


def test_a_login_command_that_is_none_is_left_for_kubectl_to_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [{"name": "u", "user": {"exec": "./login"}}]
    monkeypatch.setenv("KUBECONFIG", str(_write(tmp_path / "config", **{**WHOLE, "users": users})))
    assert yaml.safe_load(extract("mine", "lab-03"))["users"][0]["user"] == {"exec": "./login"}
