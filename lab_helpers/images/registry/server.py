"""The registry's server: its certificate, password, configuration and program."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import yaml

from lab_helpers import files, shell
from lab_helpers.errors import LabError
from lab_helpers.images import debian
from lab_helpers.images.registry.identity import HOST, Registry
from lab_helpers.language import gettext as _

__all__ = ["command", "load", "prepare", "program", "save"]

_USERNAME = "lab"
_RECORD = "registry.json"
_CONFIGURATION = "config.yml"

# The registry checks the password on every request, so an expensive hash would slow down each pull. Key stretching
# protects weak passwords, and this one has 256 random bits.
_BCRYPT_ROUNDS = 4


def prepare(directory: Path, address: str, port: int = 443, *, extra_addresses: Sequence[str] = ()) -> Registry:
    """Write a registry's configuration, certificate and password into ``directory``, and return the registry.

    Its certificate is valid for the name in image references, which nodes use, and for the address, which tools on
    this machine use.

    Args:
        directory: A directory of its own. Images of an earlier registry there are kept, its keys renewed.
        address: The IP address it will listen on.
        port: The TCP port it will listen on.
        extra_addresses: Further addresses its certificate is to be valid for.
    """
    from lab_helpers.certificates import CertificateAuthority

    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = CertificateAuthority("kubernetes-lab registry")
    ca_certificate = directory / "ca.crt"
    ca_certificate.write_text(authority.pair.certificate)
    authority.issue(HOST, names=[HOST], addresses=[address, *extra_addresses]).write(directory, "tls")
    password = secrets.token_urlsafe(32)
    password_file = files.write(directory / "password", password + "\n", private=True)
    files.write(directory / "htpasswd", _htpasswd(_USERNAME, password), private=True)
    registry = Registry(HOST, address, port, ca_certificate, _USERNAME, password_file)
    files.write(directory / _CONFIGURATION, yaml.safe_dump(_configuration(directory, registry)), private=True)
    return save(directory, registry)


def save(directory: Path, registry: Registry) -> Registry:
    """Save a registry's identity in ``directory``, for ``load``, and return it."""
    files.write(directory / _RECORD, json.dumps(asdict(registry), default=str, indent=2) + "\n")
    return registry


def load(directory: Path) -> Registry:
    """The registry that ``prepare`` or ``own`` saved in ``directory``.

    Raises:
        LabError: There is none.
    """
    try:
        record = json.loads((directory / _RECORD).read_text())
    except FileNotFoundError as error:
        raise LabError(_("no registry was prepared here"), object=str(directory), next_step="lab up") from error
    named = ("ca_certificate", "password_file", "pull_password_file")
    paths = {key: Path(record[key]) for key in named if record.get(key)}
    return Registry(**{**record, **paths})


def command(directory: Path) -> list[str]:
    """The command that serves the registry of ``directory`` in the foreground."""
    return [str(program()), "serve", str(directory / _CONFIGURATION)]


def program() -> Path:
    """The registry's program: the one on PATH, else Debian's, unpacked into the cache.

    Debian's package is never installed: that would start a system service on port 5000.

    Raises:
        LabError: It is not on PATH and Debian's package cannot be fetched.
    """
    for name in ("docker-registry", "registry"):
        path = shell.find(name)
        if path is not None and _is_distribution(path):
            return Path(path)
    return debian.unpack("docker-registry").root / "usr/bin/docker-registry"


def _is_distribution(path: str) -> bool:
    # "registry" is a common word: only the CNCF Distribution project's program will do.
    return "/distribution" in shell.run([path, "--version"], timeout=5, check=False).stdout


def _htpasswd(username: str, password: str) -> str:
    import bcrypt

    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_BCRYPT_ROUNDS))
    return f"{username}:{hashed.decode()}\n"


def _configuration(directory: Path, registry: Registry) -> dict[str, object]:
    tls = {
        "certificate": str(directory / "tls.crt"),
        "key": str(directory / "tls.key"),
        "minimumtls": "tls1.2",
    }
    return {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(directory / "storage")},
            "cache": {"blobdescriptor": "inmemory"},
            "delete": {"enabled": True},
        },
        "http": {"addr": registry.endpoint, "tls": tls, "secret": secrets.token_urlsafe(32)},
        "auth": {"htpasswd": {"realm": registry.host, "path": str(directory / "htpasswd")}},
    }
