"""What a registry is prepared with, and that its password stays in its file."""

import base64
import json
import stat
from pathlib import Path

import bcrypt
import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from lab_helpers import programs, shell
from lab_helpers.errors import LabError
from lab_helpers.images import debian, registry
from lab_helpers.images.debian import Packages
from lab_helpers.images.layout import Blob, Image, ImageLayout
from lab_helpers.images.registry import Registry
from lab_helpers.images.registry.connection import Connection


@pytest.fixture(autouse=True)
def _built(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the lab builds, without building it."""
    monkeypatch.setattr(programs, "resolve", lambda _report, *names: {name: Path("/cache", name) for name in names})


@pytest.fixture
def prepared(tmp_path: Path) -> Registry:
    return registry.prepare(tmp_path / "registry", "10.99.0.2")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_reached_by_address_and_named_ghcr_io(prepared: Registry) -> None:
    assert prepared.host == "ghcr.io"
    assert prepared.endpoint == "10.99.0.2:443"


def test_the_configuration_serves_a_socket_behind_that_address_with_passwords_and_nothing_else(tmp_path: Path) -> None:
    directory = tmp_path / "registry"
    registry.prepare(directory, "10.99.0.2", 5443)
    configuration = yaml.safe_load((directory / "config.yml").read_text())

    assert (directory / "addresses").read_text() == "10.99.0.2:5443"
    assert (configuration["http"]["net"], configuration["http"]["addr"]) == ("unix", "registry.sock")
    assert "debug" not in configuration["http"]
    assert configuration["auth"] == {"htpasswd": {"realm": "ghcr.io", "path": str(directory / "htpasswd")}}
    assert configuration["storage"]["filesystem"]["rootdirectory"] == str(directory / "storage")
    assert configuration["storage"]["delete"]["enabled"] is True
    assert configuration["log"]["accesslog"]["disabled"] is True


def test_docker_finds_it_on_loopback_where_that_is_needed(tmp_path: Path) -> None:
    registry.prepare(tmp_path, "10.99.0.2", 5443, is_on_loopback=True)
    assert (tmp_path / "addresses").read_text() == "10.99.0.2:5443,127.0.0.1:5443"
    certificate = x509.load_pem_x509_certificate((tmp_path / "tls.crt").read_bytes())
    names = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert isinstance(names, x509.SubjectAlternativeName)
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.99.0.2", "127.0.0.1"]


def test_on_loopback_it_listens_there_once(tmp_path: Path) -> None:
    registry.prepare(tmp_path, "127.0.0.1", 5443, is_on_loopback=True)
    assert (tmp_path / "addresses").read_text() == "127.0.0.1:5443"


def test_the_stored_hashes_are_those_of_the_passwords_of_the_lab_and_of_its_learner(prepared: Registry) -> None:
    lines = (prepared.ca_certificate.parent / "htpasswd").read_text().split()
    hashes = dict(line.split(":") for line in lines)

    assert {*hashes} == {"lab", "learner"}
    for user in (prepared, prepared.puller):
        assert bcrypt.checkpw(user.password.encode(), hashes[user.username].encode())
    assert not bcrypt.checkpw(prepared.password.encode(), hashes["learner"].encode())


def test_the_certificate_is_valid_for_name_and_address_and_signed_by_the_authority(prepared: Registry) -> None:
    authority = x509.load_pem_x509_certificate(prepared.ca_certificate.read_bytes())
    certificate = x509.load_pem_x509_certificate((prepared.ca_certificate.parent / "tls.crt").read_bytes())
    names = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value

    assert isinstance(names, x509.SubjectAlternativeName)
    assert names.get_values_for_type(x509.DNSName) == ["ghcr.io"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.99.0.2"]
    certificate.verify_directly_issued_by(authority)


def test_secrets_are_readable_by_their_owner_only(prepared: Registry) -> None:
    directory = prepared.password_file.parent

    assert _mode(directory) == 0o700
    for name in ("lab.password", "learner.password", "htpasswd", "tls.key", "config.yml"):
        assert _mode(directory / name) == 0o600, name


def test_the_password_is_in_one_file_and_in_no_text_about_it(
    prepared: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "find", lambda program: None)
    monkeypatch.setattr(debian, "unpack", lambda *names: Packages(Path("/cache"), ()))
    directory = prepared.password_file.parent
    argv = registry.command(directory)

    for user in (prepared, prepared.puller):
        assert user.password not in repr(prepared)
        assert user.password not in " ".join(argv)
        holding = [path.name for path in directory.iterdir() if user.password in path.read_text()]
        assert holding == [f"{user.username}.password"]


def test_no_two_registries_share_a_password(tmp_path: Path) -> None:
    first = registry.prepare(tmp_path / "one", "10.99.0.2")
    other = registry.prepare(tmp_path / "other", "10.99.0.2")

    assert first.password != other.password
    assert len(first.password) >= 40


def test_what_was_prepared_can_be_loaded(prepared: Registry) -> None:
    assert registry.load(prepared.password_file.parent) == prepared


def test_a_directory_without_a_registry_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(LabError) as caught:
        registry.load(tmp_path)
    assert caught.value.object == str(tmp_path)
    assert caught.value.next_step


def test_the_command_serves_in_the_foreground(prepared: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "find", lambda program: None)
    monkeypatch.setattr(debian, "unpack", lambda *names: Packages(Path("/cache") / names[0], ()))
    directory = prepared.password_file.parent

    assert registry.command(directory) == [
        "/cache/registry-front",
        f"-directory={directory}",
        "-listen=10.99.0.2:443",
        "-socket=registry.sock",
        "-operator=lab",
        *("/cache/docker-registry/usr/bin/docker-registry", "serve", f"{directory}/config.yml"),
    ]


@pytest.mark.parametrize(
    ("printed", "is_taken"),
    [("registry github.com/distribution/distribution/v3 v3.0.0", True), ("registry of births 1.0", False)],
)
def test_a_program_on_path_is_taken_only_if_it_is_the_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, is_taken: bool
) -> None:
    program = tmp_path / "registry"
    program.write_text(f"#!/bin/sh\necho '{printed}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(debian, "unpack", lambda *names: Packages(Path("/cache"), ()))

    command = registry.command(registry.prepare(tmp_path / "prepared", "10.99.0.2").password_file.parent)
    assert (str(program) in command) is is_taken


def test_the_docker_configuration_is_private_and_authenticates_under_both_names(
    prepared: Registry, tmp_path: Path
) -> None:
    path = prepared.docker_config(tmp_path / "config.json")
    auths = json.loads(path.read_text())["auths"]

    assert _mode(path) == 0o600
    assert set(auths) == {"ghcr.io", "10.99.0.2:443"}
    for entry in auths.values():
        learner = prepared.puller
        assert base64.b64decode(entry["auth"]).decode() == f"{learner.username}:{learner.password}"


def test_a_reference_is_located_by_repository_and_tag(prepared: Registry) -> None:
    assert prepared.locate("ghcr.io/org/prj-02:v1.0.0") == ("org/prj-02", "v1.0.0")


@pytest.mark.parametrize("reference", ["docker.io/org/prj-02:v1.0.0", "ghcr.io/org/prj-02", "prj-02:v1.0.0", ""])
def test_a_reference_to_another_registry_or_without_a_tag_is_refused(prepared: Registry, reference: str) -> None:
    with pytest.raises(LabError, match="does not name an image here"):
        prepared.locate(reference)


def test_a_push_waits_for_each_answer_longer_than_for_a_registry_that_is_away(
    prepared: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts: list[float | None] = []

    def digest(connection: Connection, _repository: str, _tag: str) -> str:
        timeouts.append(connection.timeout)
        return "sha256:1"

    monkeypatch.setattr(Connection, "digest", digest)
    image = Image(Blob("", "sha256:1", 1), ())
    assert registry.push(ImageLayout(tmp_path / "layout"), image, prepared, "org/app", "v1") == "sha256:1"
    assert timeouts == [30.0]
