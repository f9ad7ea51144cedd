"""The registry's server: its certificate, users, configuration and programs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import yaml

from lab_helpers import cache, files, programs, shell
from lab_helpers.errors import LabError
from lab_helpers.images import debian
from lab_helpers.images.registry.identity import HOST, Registry
from lab_helpers.language import gettext as _

__all__ = ["FRONT", "LOOPBACK", "command", "fetch", "load", "prepare", "save"]

FRONT = "registry-front"
"""The program that serves it to the network, for which a tag never moves."""

LOOPBACK = "127.0.0.1"

_OPERATOR = "lab"
"""The lab itself, which may move tags: who changes an application's source runs it again on the same cluster."""

_LEARNER = "learner"
_SOCKET = "registry.sock"
_RECORD = "registry.json"
_CONFIGURATION = "config.yml"
_ADDRESSES = "addresses"  # where it listens; whoever saves a registry may reach it elsewhere

# The registry checks the password on every request, so an expensive hash would slow down each pull. Key stretching
# protects weak passwords, and this one has 256 random bits.
_BCRYPT_ROUNDS = 4


def prepare(
    directory: Path, address: str, port: int = 443, *, extra_addresses: Sequence[str] = (), is_on_loopback: bool = False
) -> Registry:
    """Write a registry's configuration, certificate and password into ``directory``, and return the registry.

    Its certificate is valid for the name in image references, which nodes use, and for the address, which tools on
    this machine use.

    Args:
        directory: A directory of its own. Images of an earlier registry there are kept, its keys renewed.
        address: The IP address it will listen on.
        port: The TCP port it will listen on.
        extra_addresses: Further addresses its certificate is to be valid for.
        is_on_loopback: Whether it listens on 127.0.0.1, too, at the same port: Docker's daemon pushes there, and
            nowhere else, without being told to trust it.
    """
    from lab_helpers.certificates import CertificateAuthority

    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = CertificateAuthority("kubernetes-lab registry")
    ca_certificate = directory / "ca.crt"
    ca_certificate.write_text(authority.pair.certificate)
    addresses = list(dict.fromkeys([address, *([LOOPBACK] if is_on_loopback else [])]))
    authority.issue(HOST, names=[HOST], addresses=[*addresses, *extra_addresses]).write(directory, "tls")
    passwords = {user: secrets.token_urlsafe(32) for user in (_OPERATOR, _LEARNER)}
    password_files = {
        user: files.write(directory / f"{user}.password", password + "\n", private=True)
        for user, password in passwords.items()
    }
    files.write(directory / "htpasswd", _htpasswd(passwords), private=True)
    operator, learner = (_OPERATOR, password_files[_OPERATOR]), (_LEARNER, password_files[_LEARNER])
    registry = Registry(HOST, address, port, ca_certificate, *operator, "", *learner)
    files.write(directory / _ADDRESSES, ",".join(f"{listening}:{port}" for listening in addresses))
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
    """The command that serves the registry of ``directory`` in the foreground.

    Raises:
        LabError: One of its programs cannot be had.
    """
    front = programs.resolve(lambda _line: None, FRONT)[FRONT]
    options = {
        "directory": directory,
        "listen": (directory / _ADDRESSES).read_text(encoding="ascii"),
        "socket": _SOCKET,
        "operator": _OPERATOR,
    }
    serve = [str(_distribution()), "serve", str(directory / _CONFIGURATION)]
    return [str(front), *(f"-{name}={value}" for name, value in options.items()), *serve]


def fetch(report: Callable[[str], None]) -> None:
    """Get the programs of a registry, where they are not here yet.

    Raises:
        LabError: One cannot be fetched or built.
    """
    programs.resolve(report, FRONT)
    _distribution()


def _distribution() -> Path:
    """The program that serves images: the one on PATH, else Debian's, unpacked into the cache.

    Debian's package is never installed: that would start a system service on port 5000.

    Raises:
        LabError: It is not on PATH and Debian's package cannot be fetched.
    """
    for name in () if cache.is_noting() else ("docker-registry", "registry"):
        path = shell.find(name)
        if path is not None and _is_distribution(path):
            return Path(path)
    return debian.unpack("docker-registry").root / "usr/bin/docker-registry"


def _is_distribution(path: str) -> bool:
    # "registry" is a common word: only the CNCF Distribution project's program will do.
    return "/distribution" in shell.run([path, "--version"], timeout=20, check=False).stdout


def _htpasswd(passwords: Mapping[str, str]) -> str:
    import bcrypt

    salted = {user: bcrypt.hashpw(text.encode(), bcrypt.gensalt(_BCRYPT_ROUNDS)) for user, text in passwords.items()}
    return "".join(f"{user}:{hashed.decode()}\n" for user, hashed in salted.items())


def _configuration(directory: Path, registry: Registry) -> dict[str, object]:
    return {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(directory / "storage")},
            "cache": {"blobdescriptor": "inmemory"},
            "delete": {"enabled": True},
        },
        "http": {"net": "unix", "addr": _SOCKET, "secret": secrets.token_urlsafe(32)},
        "auth": {"htpasswd": {"realm": registry.host, "path": str(directory / "htpasswd")}},
    }
