"""backup.sh on the node of a real cluster: what it holds can be restored, and nothing else is left of it."""

from __future__ import annotations

import signal
import subprocess
import tarfile
import time
import uuid
from pathlib import Path

import pytest

from lab_helpers import archives, shell, wait
from lab_helpers.images import application_images, services
from lab_helpers.testing.fixture import LabFixture
from tests.backing_services import postgresql_server
from tests.integration.infra.server import Server

pytestmark = pytest.mark.cluster

_SECONDS = 120.0
_PSQL = ("exec", "--stdin", "postgresql-0", "--", "psql", "--username=lab", "--set=ON_ERROR_STOP=1")


def test_what_is_backed_up_can_be_restored(server: Server, lab: LabFixture, tmp_path: Path) -> None:
    word = uuid.uuid4().hex
    application_images.push(services.load("postgresql"), lab.registry, lambda line: None)
    lab.kubectl("apply", "-f", "-", input=(Path(__file__).parent / "stored.yaml").read_text().replace("NONCE", word))
    lab.kubectl("wait", "--for=condition=Ready", "pod/postgresql-0", "pod/writer", f"--timeout={_SECONDS:g}s")
    lab.kubectl(*_PSQL, input=f"CREATE TABLE kept (word text); INSERT INTO kept VALUES ('{word}');")

    listed = server.run("--dry-run", server.node / "backups").stdout
    assert server.backups() == []
    assert f"database {lab.namespace}/postgresql-0" in listed
    assert f"{lab.namespace}/files" in listed
    assert f"{lab.namespace}/db" not in listed, "a database's files are no backup of it while it runs"
    printed = server.run(server.node / "backups").stdout
    assert word not in printed
    assert "not encrypted" in printed
    (backup,) = server.backups()
    assert backup.stat().st_mode & 0o777 == 0o600
    last = ("get", "namespace", "kube-system", "-o", r"jsonpath={.metadata.annotations.backup/last}")
    assert lab.kubectl(*last) == backup.name
    whole = server.run("--verify", server.node / "backups" / backup.name).stdout
    assert f"databases/{lab.namespace}.postgresql-0.sql: 1 tables" in whole
    assert word not in whole

    archives.unpack(backup, tmp_path)
    assert word.encode() in (tmp_path / "etcd.db").read_bytes()
    shell.run(
        [server.host / "bin/etcdutl", "snapshot", "restore", tmp_path / "etcd.db", "--data-dir", tmp_path / "etcd"]
    )
    with tarfile.open(tmp_path / f"claims/{lab.namespace}.files.tar") as files:
        member = files.extractfile("./word")
        assert member is not None
        assert member.read().decode().strip() == word
    keys = (tmp_path / "sealing-keys.yaml").read_text()
    assert ("tls.key: " in keys, "resourceVersion: " in keys) == (True, False)
    for _ in range(2):
        lab.kubectl("apply", "-f", str(tmp_path / "sealing-keys.yaml"))
    dump = (tmp_path / f"databases/{lab.namespace}.postgresql-0.sql").read_text()
    with postgresql_server() as another:
        another.query(dump, another.url)
        assert another.query("SELECT word FROM kept", another.url.replace("/postgres?", "/lab?")) == word


def test_old_ones_go_broken_ones_are_known_and_an_interrupted_one_leaves_nothing(server: Server) -> None:
    directory = server.node / "backups"
    (server.host / "backups/k3s-notes.txt").touch()
    names = []
    for _ in range(3):
        server.run("--keep", "2", directory)
        names.append(server.backups()[-2].name)
        # A backup is named after its second, and refuses to replace one of the same.
        _until_the_next_second()
    assert [file.name for file in server.backups()] == [*names[1:], "k3s-notes.txt"]

    newest = server.host / "backups" / names[-1]
    with tarfile.open(newest) as archive:
        offset = archive.getmember("./etcd.db").offset_data
    content = bytearray(newest.read_bytes())
    content[offset + 100] ^= 1
    newest.write_bytes(content)
    broken = server.run("--verify", directory / newest.name, check=False)
    assert (broken.returncode, broken.stderr.count("\n")) == (1, 1), broken
    assert "./etcd.db: FAILED" in broken.stderr
    newest.write_bytes(content[: offset + 100])
    cut = server.run("--verify", directory / newest.name, check=False)
    assert (cut.returncode, "it cannot be unpacked" in cut.stderr) == (1, True)

    before = server.backups()
    with shell.start(server.command(directory), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        working = lambda: any(file.name.startswith(".backup.") for file in server.backups())  # noqa: E731
        wait.until(working, seconds=_SECONDS, outcome="begin", object="the backup")
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 143
    assert server.backups() == before


def _until_the_next_second() -> None:
    second = int(time.time())
    wait.until(lambda: int(time.time()) > second, seconds=5, outcome="pass", object="the second")


def test_an_encrypted_one_opens_for_its_recipient_only(server: Server) -> None:
    recipient = ""
    for name in ("mine", "another"):
        shell.run([server.host / "bin/age-keygen", "--output", server.host / name])
        recipient = recipient or shell.run([server.host / "bin/age-keygen", "-y", server.host / name]).stdout.strip()
    server.run("--recipient", recipient, server.node / "backups")
    (backup,) = server.backups()
    assert backup.name.endswith(".tar.age")
    assert backup.read_bytes().startswith(b"age-encryption.org/v1")
    verify = ("--verify", server.node / "backups" / backup.name)
    assert "whole" in server.run(*verify, "--identity", server.node / "mine").stdout
    cases: list[tuple[list[str | Path], str]] = [
        (["--identity", server.node / "another"], "no identity matched"),
        ([], "it is encrypted"),
    ]
    for identity, reason in cases:
        refused = server.run(*verify, *identity, check=False)
        assert (refused.returncode, reason in refused.stderr) == (1, True), refused
