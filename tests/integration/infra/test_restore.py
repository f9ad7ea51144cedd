"""restore.sh on the node of a real cluster: what a backup holds is there again, and what ran before goes on."""

from __future__ import annotations

import datetime
import json
import uuid
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from lab_helpers import shell, wait
from lab_helpers.images import application_images, services
from lab_helpers.testing.fixture import LabFixture
from tests.integration.infra.server import SECONDS, Server

pytestmark = pytest.mark.cluster

_PSQL = ("exec", "--stdin", "postgresql-0", "--", "psql", "--username=lab", "--set=ON_ERROR_STOP=1", "-qtA")
_STORED = (
    "CREATE ROLE owner LOGIN; CREATE TABLE kept (word text); ALTER TABLE kept OWNER TO owner;"
    "INSERT INTO kept VALUES ('{word}'), ('CREATE ROLE lab;');"
)


def test_what_is_in_a_backup_replaces_what_came_later_and_all_goes_on(server: Server, lab: LabFixture) -> None:
    word = uuid.uuid4().hex
    _deploy(lab)
    lab.kubectl(*_PSQL, input=_STORED.format(word=word))
    lab.kubectl("exec", "deployment/writer", "--", "sh", "-c", f"echo {word} >/files/word")
    server.run(server.node / "backups")
    (backup,) = server.backups()
    later = "DROP TABLE kept; CREATE TABLE later (); CREATE ROLE stranger; CREATE DATABASE more OWNER stranger"
    for statement in later.split(";"):
        lab.kubectl(*_PSQL, input=statement)
    lab.kubectl("exec", "deployment/writer", "--", "sh", "-c", "rm /files/word && echo later >/files/later")

    data = ("data", "production", server.node / "backups" / backup.name)
    refused = server.run(*data, script="restore.sh", check=False)
    assert (refused.returncode, "this is no new cluster" in refused.stderr) == (1, True), refused
    assert "later" in lab.kubectl("exec", "deployment/writer", "--", "ls", "/files"), "nothing has changed"
    done = server.run("--replace", *data, script="restore.sh")
    assert "1 claims and 1 databases are as of " in done.stdout

    words = lab.kubectl(*_PSQL, input="SELECT word FROM kept").splitlines()
    assert sorted(words) == sorted([word, "CREATE ROLE lab;"])
    assert lab.kubectl(*_PSQL, input="SELECT to_regclass('later') IS NULL").strip() == "t"
    roles = lab.kubectl(*_PSQL, input="SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1")
    assert roles.split() == ["lab", "owner"]
    assert lab.kubectl("exec", "deployment/writer", "--", "sh", "-c", "cat /files/*").strip() == word
    workloads = json.loads(lab.kubectl("get", "deployment/writer", "cronjob/nightly", "-o", "json"))["items"]
    assert [workload["spec"].get("replicas", workload["spec"].get("suspend")) for workload in workloads] == [2, False]
    assert not any("restore/before" in workload["metadata"].get("annotations", {}) for workload in workloads)


def test_keys_that_were_renewed_since_are_told_by_what_they_do_not_open(
    server: Server, lab: LabFixture, tmp_path: Path
) -> None:
    for name in ("before", "renewed"):
        _write_pair(tmp_path, name)
    _keep_key(lab, tmp_path, "before")
    server.run(server.node / "backups")
    (backup,) = server.backups()
    check = ("check", "production", server.node / "backups" / backup.name)
    for name, code in (("before", 0), ("renewed", 1)):
        sealed = _seal(server, tmp_path / f"{name}.crt", lab.namespace)
        (server.host / "infra/_shared/secrets/sealed/production/note-secrets.yaml").write_text(sealed)
        checked = server.run(*check, script="restore.sh", check=False)
        assert (checked.returncode, "a-secret-value" in checked.stdout) == (code, False), checked
    assert "note-secrets.yaml is sealed with a key that came after " in checked.stderr
    assert checked.stderr.count("\n") == 1


def _deploy(lab: LabFixture) -> None:
    """Have a database and a writer run, and no claims but theirs."""
    application_images.push(services.load("postgresql"), lab.registry, lambda line: None)
    lab.kubectl("apply", "-f", str(Path(__file__).parent / "restored.yaml"))
    for name in ("statefulset/postgresql", "deployment/writer"):
        lab.kubectl("rollout", "status", name, f"--timeout={SECONDS:g}s")
    namespaces = ("get", "persistentvolumes", "-o", "jsonpath={.items[*].spec.claimRef.namespace}")
    wait.until(
        lambda: set(lab.kubectl(*namespaces).split()) == {lab.namespace},
        seconds=SECONDS,
        outcome="be gone",
        object="volumes of other tests",
    )


def _write_pair(directory: Path, name: str) -> None:
    """Write a certificate and its key as the controller makes them, which seals by RSA."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject, moment = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(moment).not_valid_after(moment + datetime.timedelta(days=1))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / f"{name}.crt").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(form[0]))
    (directory / f"{name}.key").write_bytes(key.private_bytes(*form))


def _keep_key(lab: LabFixture, directory: Path, name: str) -> None:
    """Give the cluster a key as the controller keeps it."""
    pair = (f"--cert={directory}/{name}.crt", f"--key={directory}/{name}.key")
    lab.kubectl("create", "secret", "tls", f"key-{name}", *pair)
    lab.kubectl("label", "secret", f"key-{name}", "sealedsecrets.bitnami.com/sealed-secrets-key=active")


def _seal(server: Server, certificate: Path, namespace: str) -> str:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "note-secrets", "namespace": namespace},
        "stringData": {"NOTE": "a-secret-value"},
    }
    argv: list[str | Path] = [server.host / "bin/kubeseal", "--format=yaml", f"--cert={certificate}"]
    return shell.run(argv, input=json.dumps(secret)).stdout
