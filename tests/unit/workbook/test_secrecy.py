"""What is secret in the workspace, and in the cluster, is in nothing that a learner's commands print."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers.cluster.base import Capability, Cluster
from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object
from lab_helpers.workbook.learner import secrecy
from lab_helpers.workbook.learner.secrecy import Secrecy

PASSWORD = "pull-me-if-you-can"
KEY = "0123456789abcdef0123456789abcdef"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQ==\n-----END PRIVATE KEY-----\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(**values: str) -> Object:
    return {"type": "Opaque", "data": {key.replace("_", "."): encoded(value) for key, value in values.items()}}


def test_the_registrys_password_is_masked(tmp_path: Path) -> None:
    shown = Secrecy([PASSWORD], tmp_path).redactor().text(f"password {PASSWORD}, or {encoded(PASSWORD)}")
    assert PASSWORD not in shown
    assert encoded(PASSWORD) not in shown


def test_values_made_during_the_session_are_masked(tmp_path: Path) -> None:
    mine = Secrecy([PASSWORD], tmp_path)
    assert KEY in mine.redactor().text(KEY)
    (tmp_path / "web.env").write_text(f'# a comment\nAPI_KEY="{KEY}"\nEMPTY=\n')
    assert KEY not in mine.redactor().text(f"API_KEY={KEY}")


def test_a_command_that_makes_a_value_does_not_show_it_either(tmp_path: Path) -> None:
    mine = Secrecy([PASSWORD], tmp_path)
    mine.redactor()
    directory = tmp_path / "overlays" / "staging"
    directory.mkdir(parents=True)
    assert mine.line("made staging") == "made staging"
    (directory / "web.env").write_text(f"API_KEY={KEY}\n")
    assert KEY not in mine.line(f"API_KEY={KEY}")
    with (directory / "web.env").open("a") as file:
        file.write(f"TOKEN={KEY[::-1]}\n")
    assert KEY[::-1] not in mine.line(KEY[::-1])
    assert KEY not in mine.line(encoded(KEY))


def test_of_the_repositories_history_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "web.env").write_text("BRANCH=a-branch-of-mine\n")
    assert Secrecy([], tmp_path).redactor().text("a-branch-of-mine") == "a-branch-of-mine"


def test_of_other_files_nothing_is_secret(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("environment=a-word-of-mine\n")
    assert Secrecy([], tmp_path).redactor().text("a-word-of-mine") == "a-word-of-mine"


@pytest.mark.parametrize(
    ("capabilities", "namespaces"), [(frozenset({Capability.CLUSTER_READ}), [None]), (frozenset(), ["one", "two"])]
)
def test_secrets_are_looked_for_where_the_lab_may_look(
    capabilities: frozenset[Capability],
    namespaces: list[str | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requested: list[str | None] = []

    def look(_kind: str, namespace: str | None) -> list[Object]:
        requested.append(namespace)
        return []

    client = SimpleNamespace(list=look)
    monkeypatch.setattr(secrecy, "Client", lambda _kubeconfig, **_options: client)
    cluster = SimpleNamespace(kubeconfig=tmp_path, capabilities=capabilities)
    list(secrecy.cluster_secrets(cast(Cluster, cluster), ["one", "two"])())
    assert requested == namespaces


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (secret(API_KEY=KEY), KEY),
        (secret(API_KEY=KEY), encoded(KEY)),
        (secret(URL=f"postgresql://lab:{KEY}@db.prj-01/lab"), f"password {KEY}"),
        (secret(URL=f"postgresql://lab:{KEY}@db.prj-01/lab"), encoded(f"postgresql://lab:{KEY}@db.prj-01/lab")[:70]),
        (secret(tls_key=PEM), PEM.splitlines()[1]),
        (secret(tls_key=PEM), encoded(PEM)),
        (secret(config_json=f'{{"a": [{{"password": "{KEY}"}}]}}'), KEY),
        (secret(config_json=f'{{"auths": {{"ghcr.io": {{"auth": "{KEY}"}}}}}}'), KEY),
        (secret(password="correct horse battery"), "correct horse battery"),
    ],
)
def test_what_the_cluster_keeps_secret_is_masked(tmp_path: Path, content: Object, shown: str) -> None:
    masked = Secrecy([], tmp_path, lambda: [content]).redactor().text(f"before {shown} after")
    assert shown not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (secret(tls_crt=PEM), PEM.splitlines()[1]),
        (secret(tls_key=PEM), PEM.splitlines()[0]),
        (secret(notes="a line\nof words\n"), "of words"),
        (secret(config_json=f'{{"server": "registry.example.com", "password": "{KEY}"}}'), "registry.example.com"),
        (secret(username="postgres"), "postgresql"),
        (secret(host="db.prj-01:5432"), "db.prj-01:5432"),
        ({"type": "helm.sh/release.v1", "data": {"release": encoded("H4sIAAAAAAAAA")}}, "H4sIAAAAAAAAA"),
        ({"type": "Opaque"}, "anything"),
    ],
)
def test_what_is_public_there_is_shown(tmp_path: Path, content: Object, shown: str) -> None:
    assert Secrecy([], tmp_path, lambda: [content]).redactor().text(shown) == shown


def test_where_the_cluster_does_not_answer_the_rest_is_masked_all_the_same(tmp_path: Path) -> None:
    def fail() -> Iterator[Object]:
        raise LabError("did not answer", object="API server")

    (tmp_path / "web.env").write_text(f"API_KEY={KEY}\n")
    assert KEY not in Secrecy([], tmp_path, fail).redactor().text(KEY)


def test_what_sops_encrypted_is_for_everybody_to_see(tmp_path: Path) -> None:
    line = "API_KEY=ENC[AES256_GCM,data:YSk8q/BLiLOub8GJ,iv:W3HDT,tag:B7K,type:str]"
    (tmp_path / "web.sops.env").write_text(f"{line}\nsops_version=3.13.3\nsops_mac=abcdefghijkl\n")
    text = f"{line} 3.13.3 abcdefghijkl"
    assert Secrecy([], tmp_path).redactor().text(text) == text


def test_the_run_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secrets"
    monkeypatch.setenv("LAB_SECRETS_FILE", str(file))
    (tmp_path / "web.env").write_text(f"API_KEY={KEY}\n")
    mine = Secrecy([PASSWORD], tmp_path)
    mine.redactor()
    mine.redactor()
    assert file.read_text().splitlines() == [PASSWORD, KEY]
    assert file.stat().st_mode & 0o777 == 0o600
