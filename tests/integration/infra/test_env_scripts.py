"""Secret values go into Git by SOPS and age, or sealed for a certificate, and come back as they were; no cluster."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab_helpers import checkout, programs, shell
from lab_helpers.errors import CommandFailed

# Each file of values, by the Secret that is made of it.
_SECRETS = {
    "postgresql-secrets": "prj-01.postgresql",
    "prj-01-secrets": "prj-01",
    "prj-02-secrets": "prj-02",
    "prj-03-secrets": "prj-03",
    "prj-04-secrets": "prj-04",
    "redis-secrets": "prj-04.redis",
}


class Repository:
    """A Deploy repository with values for staging, and one person's age key.

    Args:
        directory: Where it shall lie.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "repository"
        self.values = self.directory / "k8s/overlays/staging/secrets"
        self.encrypted = self.directory / "_shared/secrets/sops/staging"
        self.sealed = self.directory / "_shared/secrets/sealed/staging"
        self._bin = directory / "bin"
        shutil.copytree(checkout.infra_directory(), self.directory, ignore=shutil.ignore_patterns("*.env"))
        self._bin.mkdir()
        self._environment = {"PATH": f"{self._bin}:/usr/bin:/bin", "KUBECONFIG": "/dev/null"}
        for name, program in programs.resolve(lambda _line: None, *_PROGRAMS).items():
            (self._bin / name).symlink_to(program)
        self.run("setup_env_secure.sh", "staging")

    def run(self, script: str, *arguments: str, **variables: str) -> str:
        """Run a script as somebody would who has no cluster; what it prints."""
        path = self.directory / "_shared/scripts/env" / script
        return shell.run([path, *arguments], env=self._environment | variables).stdout

    def run_documented(self, beginning: str, **variables: str) -> None:
        """Run the commands of its README on secrets that begin so."""
        text = (self.directory / "_shared/secrets/README.md").read_text()
        commands = text[text.index(f"```sh\n{beginning}") :].removeprefix("```sh\n").partition("```")[0]
        shell.run(["sh", "-euc", commands], cwd=self.directory, env=self._environment | variables)

    def opens(self, file: Path, key: Path) -> str:
        """What SOPS makes of a file with a person's key; nothing where it opens nothing."""
        environment = self._environment | {"SOPS_AGE_KEY_FILE": str(key)}
        return shell.run([self._bin / "sops", "decrypt", file], env=environment, check=False).stdout

    def plain(self) -> dict[str, str]:
        """The readable values of each project."""
        return {file.stem: file.read_text() for file in sorted(self.values.glob("*.env"))}

    def secrets(self) -> list[str]:
        """Each value."""
        return [line.partition("=")[2] for text in self.plain().values() for line in text.splitlines()]

    def key(self, name: str) -> Path:
        """Make the age key of a person, as the README says."""
        path = self.directory.parent / name
        shell.run([self._bin / "age-keygen", "-o", path])
        return path

    def allow(self, *keys: Path) -> None:
        """Name who may decrypt, as the README says."""
        public = [shell.run([self._bin / "age-keygen", "-y", key]).stdout.strip() for key in keys]
        rule = {"path_regex": "(staging|production)/", "age": ",".join(public)}
        self.encrypted.parent.mkdir(parents=True, exist_ok=True)  # Git keeps no empty directory
        (self.encrypted.parent / ".sops.yaml").write_text(yaml.safe_dump({"creation_rules": [rule]}))


_PROGRAMS = ("kubectl", "kubeseal", "sops", "age-keygen")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_values_come_back_from_sops_as_they_were_and_for_nobody_else(repository: Repository) -> None:
    mine, theirs = repository.key("mine"), repository.key("theirs")
    repository.allow(mine)
    before, secrets = repository.plain(), repository.secrets()
    repository.run("sops_env.sh", "encrypt", "staging", SOPS_AGE_KEY_FILE=str(mine))
    encrypted = {file: file.read_text() for file in repository.encrypted.iterdir()}
    assert sorted(file.name for file in encrypted) == sorted(f"{values}.sops.env" for values in _SECRETS.values())
    assert not [value for value in secrets for text in encrypted.values() if value in text]
    shell.run(["git", "init", "-q"], cwd=repository.directory)
    listed = shell.run(["git", "ls-files", "--others", "--exclude-standard"], cwd=repository.directory).stdout.split()
    assert {str(file.relative_to(repository.directory)) for file in encrypted} <= set(listed)
    assert not [name for name in listed if name.endswith(".env") and not name.endswith(".sops.env")]

    again = repository.run("sops_env.sh", "encrypt", "staging", SOPS_AGE_KEY_FILE=str(mine))
    assert again.count("it holds these values already") == len(_SECRETS)
    assert {file: file.read_text() for file in encrypted} == encrypted, "so that Git shows what has changed only"

    for project in ("prj-01", "prj-03"):
        (repository.values / f"{project}.env").unlink()
    with pytest.raises(CommandFailed, match=r"prj-01\.sops\.env: it is not decrypted: Failed to get the data key"):
        repository.run("sops_env.sh", "decrypt", "staging", SOPS_AGE_KEY_FILE=str(theirs))
    assert sorted(repository.plain()) == ["prj-01.postgresql", "prj-02", "prj-04", "prj-04.redis"]
    repository.run("sops_env.sh", "decrypt", "staging", SOPS_AGE_KEY_FILE=str(mine))
    assert repository.plain() == before
    assert {file.stat().st_mode & 0o777 for file in repository.values.glob("*.env")} == {0o600}
    assert not list(repository.directory.rglob(".sops.??????"))


def test_whoever_leaves_opens_nothing_that_is_encrypted_from_then_on(repository: Repository) -> None:
    mine, theirs = repository.key("mine"), repository.key("theirs")
    repository.allow(mine, theirs)
    before = repository.plain()
    repository.run("sops_env.sh", "encrypt", "staging", SOPS_AGE_KEY_FILE=str(mine))
    commit = {file.name: file.read_text() for file in repository.encrypted.iterdir()}
    repository.allow(mine)
    repository.run_documented("cd _shared/secrets/sops ", SOPS_AGE_KEY_FILE=str(mine))
    for file in repository.encrypted.iterdir():
        assert repository.opens(file, mine) == before[file.name.removesuffix(".sops.env")]
        assert repository.opens(file, theirs) == ""
        assert commit[file.name] != file.read_text()
        file.write_text(commit[file.name])
        assert repository.opens(file, theirs) != "", "an old commit still does: hence other values, too"


def test_a_pair_of_keys_is_made_and_used_as_documented(repository: Repository) -> None:
    home = repository.directory.parent / "home"
    home.mkdir()
    before = repository.plain()
    repository.run_documented("mkdir -p ~/.config/sops/age ", HOME=str(home))
    assert (home / ".config/sops/age/keys.txt").stat().st_mode & 0o777 == 0o600
    repository.run("sops_env.sh", "encrypt", "staging", HOME=str(home))
    for file in repository.values.glob("*.env"):
        file.unlink()
    repository.run("sops_env.sh", "decrypt", "staging", HOME=str(home))
    assert repository.plain() == before


def test_values_are_sealed_for_a_certificate_and_only_those_that_are_named_anew(repository: Repository) -> None:
    secrets = repository.secrets()
    certificate = repository.directory.parent / "controller.pem"
    certificate.write_bytes(_certificate())
    repository.run("seal_env.sh", "--cert", str(certificate), "staging")
    sealed = {file.name: file.read_text() for file in repository.sealed.glob("*-secrets.yaml")}
    assert sorted(sealed) == [f"{name}.yaml" for name in _SECRETS]
    assert not [value for value in secrets for text in sealed.values() if value in text]
    for name, values in _SECRETS.items():
        project = values.partition(".")[0]
        manifest = yaml.safe_load(sealed[f"{name}.yaml"])
        assert manifest["kind"] == "SealedSecret"
        assert manifest["metadata"] == {"name": name, "namespace": project}
        assert manifest["spec"]["template"]["metadata"]["labels"] == _labels(name.removesuffix("-secrets"))
        keys = {line.partition("=")[0] for line in repository.plain()[values].splitlines()}
        assert set(manifest["spec"]["encryptedData"]) == keys
    component = yaml.safe_load((repository.sealed / "kustomization.yaml").read_text())
    assert component["kind"] == "Component"
    assert component["resources"] == sorted(sealed)

    repository.run("seal_env.sh", "--cert", str(certificate), "staging", "prj-02")
    changed = {name for name, text in sealed.items() if (repository.sealed / name).read_text() != text}
    assert changed == {"prj-02-secrets.yaml"}
    assert yaml.safe_load((repository.sealed / "kustomization.yaml").read_text()) == component


def test_without_a_cluster_nothing_is_sealed_and_nothing_is_left(repository: Repository) -> None:
    before = sorted(repository.sealed.iterdir())
    with pytest.raises(CommandFailed, match=r"kubeseal: .*; next: kubectl -n kube-system get deployment"):
        repository.run("seal_env.sh", "staging")
    assert sorted(repository.sealed.iterdir()) == before


def _labels(app: str) -> dict[str, str]:
    return {"app": app, "app.kubernetes.io/name": app, "app.kubernetes.io/part-of": "kubernetes-lab"}


def _certificate() -> bytes:
    """A certificate as a controller has one: RSA, signed by itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([])
    today = datetime.datetime.now(tz=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(today).not_valid_after(today + datetime.timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
