"""A record that nobody can read: that lab is named, the others go on, and `lab down` mends it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import paths
from lab_helpers.cluster import choose, record
from lab_helpers.cluster.base import State
from lab_helpers.cluster.containers.layout import DockerLayout
from lab_helpers.cluster.embedded.provider import EmbeddedProvider
from lab_helpers.cluster.mending import mend
from lab_helpers.cluster.sweep import sweep
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry, server
from tests.commands import run_lab

GOOD = asdict(record.ClusterRecord("a", "embedded", 1.0, "1.37.1", {"directory": "/nowhere", "network": 3}))


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("LAB_NAME", raising=False)


def write(name: str, content: str) -> None:
    record.path(name).parent.mkdir(parents=True, exist_ok=True)
    record.path(name).write_text(content)


def without(name: str) -> dict[str, Any]:
    return {field: value for field, value in GOOD.items() if field != name}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("[]", "no JSON object"),
        ("\x00" * 20, "Expecting value"),
        (json.dumps({**GOOD, "colour": "red"}), "unknown: colour"),
        (json.dumps({**GOOD, "provider": "minikube"}), "no such provider: 'minikube'"),
        (json.dumps({**GOOD, "created": "yesterday"}), "missing or of another type: created"),
        (json.dumps({**GOOD, "details": {"directory": "/nowhere", "network": "3"}}), "another type: network"),
        (json.dumps({**GOOD, "details": None}), "another type: details"),
        (json.dumps(without("kubernetes")), "missing or of another type: kubernetes"),
    ],
)
def test_what_is_wrong_with_it_is_said(content: str, reason: str) -> None:
    write("a", content)
    with pytest.raises(record.Unreadable, match=reason) as failure:
        record.load("a")
    assert failure.value.object == "lab a"
    assert failure.value.next_step == "lab down --name a"


def test_text_that_is_not_utf_8_is_unreadable_too() -> None:
    record.path("a").parent.mkdir(parents=True)
    record.path("a").write_bytes(b"\xff\xfe{")
    with pytest.raises(record.Unreadable):
        record.load("a")


def test_a_record_of_each_provider_is_read() -> None:
    assert set(choose.PROVIDERS) == {"embedded", "kind", "k3d", "existing"}
    record.save(record.ClusterRecord(**GOOD))
    assert record.load("a") == record.ClusterRecord(**GOOD)


@pytest.mark.parametrize(
    "verb", ["kubeconfig", "env", "reset 5", "up", "run 03", "open --no-browser", "doctor", "status"]
)
def test_no_verb_of_that_lab_ends_in_a_traceback(verb: str) -> None:
    write("a", "")
    result = run_lab(*verb.split(), "--name", "a", env={**os.environ, "LAB_LANGUAGE": "en"})
    assert result.returncode == 1, result.stderr
    assert "lab a: its record cannot be read" in result.stderr
    assert "next: lab down --name a" in result.stderr
    assert "Traceback" not in result.stderr


def test_other_labs_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    write("a", "")
    record.save(record.ClusterRecord(**{**GOOD, "name": "b", "kept": True}))
    result = run_lab("status", "--json")
    assert result.returncode == 0, result.stderr
    assert {lab["name"]: lab["state"] for lab in json.loads(result.stdout)} == {"a": "unreadable", "b": "ended"}
    lines: list[str] = []
    sweep(lines.append)
    assert len(lines) == 1, lines
    assert "lab down --name a" in lines[0]


def test_down_forgets_one_beside_which_nothing_tells_of_a_cluster() -> None:
    write("a", "")
    result = run_lab("down", "--name", "a")
    assert result.returncode == 0, result.stderr
    assert record.names() == []
    assert not paths.state_directory("a").exists()


def spec(content: dict[str, object]) -> Path:
    directory = paths.state_directory("a") / "cluster"
    directory.mkdir(parents=True)
    (directory / "spec.json").write_text(json.dumps(content))
    return directory


def test_an_embedded_clusters_record_is_told_again_by_what_its_keeper_runs() -> None:
    directory = spec({"nodes": [], "host_address": "10.83.77.1/24"})
    write("a", "")
    mend("a")
    lab_record = record.load("a")
    assert lab_record is not None
    assert (lab_record.provider, lab_record.details) == (
        "embedded",
        {"directory": str(directory), "network": 77, "servers": 1},
    )
    assert EmbeddedProvider().state("a") is State.ENDED


@pytest.mark.parametrize(("content", "provider"), [({"program": "kind"}, "kind"), ({"program": "x", "port": 1}, "k3d")])
def test_a_record_of_containers_is_told_again(content: dict[str, object], provider: str) -> None:
    directory = spec(content)
    write("a", "")
    mend("a")
    lab_record = record.load("a")
    assert lab_record is not None
    assert lab_record.provider == provider
    assert lab_record.details == {"directory": str(directory), "cluster": DockerLayout("a", directory).cluster}


def test_a_record_of_somebodys_cluster_is_told_again(tmp_path: Path) -> None:
    directory = paths.state_directory("a") / "cluster"
    (directory / "registry").mkdir(parents=True)
    config = {"clusters": [{"name": "c", "cluster": {"server": "https://theirs"}}], "current-context": "mine"}
    (directory / "kubeconfig").write_text(yaml.safe_dump(config))
    theirs = Registry("r.example", "r.example", 443, tmp_path / "ca", "u", tmp_path / "password", "team")
    server.save(directory / "registry", theirs)
    write("a", "{")
    mend("a")
    lab_record = record.load("a")
    assert lab_record is not None
    assert (lab_record.provider, lab_record.details["server"], lab_record.details["kept"]) == (
        "existing",
        "https://theirs",
        True,
    )


@pytest.mark.parametrize("content", ["", "[", '{"nodes": [], "host_address": "nowhere"}'])
def test_where_what_lies_beside_it_is_broken_too_its_keeper_is_still_found(content: str) -> None:
    directory = spec({})
    (directory / "spec.json").write_text(content)
    write("a", "")
    mend("a")
    lab_record = record.load("a")
    assert lab_record is not None
    assert lab_record.details["directory"] == str(directory)


def test_a_name_that_no_lab_can_have_is_refused_before_anything_is_mended() -> None:
    elsewhere = paths.state_directory("a").parent.parent / "b" / "record.json"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_text("somebody else's")
    with pytest.raises(LabError, match="lower-case letters"):
        mend("../b")
    assert elsewhere.exists()
