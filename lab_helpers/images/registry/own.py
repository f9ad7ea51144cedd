"""A registry of the user's own: parse its address, and read its CA and its credentials from Docker's configuration."""

from __future__ import annotations

import base64
import json
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab_helpers import files, shell
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.images.endpoint import configuration_directory
from lab_helpers.images.registry.identity import Registry
from lab_helpers.images.registry.server import save
from lab_helpers.language import gettext as _

__all__ = ["own"]

_HTTPS = 443
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>\d{{1,5}}))?/(?P<prefix>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)", re.ASCII
)
_LAST_PORT = 65535
_IDENTITY = "<token>"  # the user name by which a credential helper marks an identity token
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def own(
    directory: Path,
    address: str,
    *,
    ca: Path | None = None,
    config: Path | None = None,
    pull_config: Path | None = None,
) -> Registry:
    """Save a registry of the user's own for ``load``, and return it.

    Args:
        directory: The directory to save it to, with its password in a private file.
        address: As in ``registry.example.com:5000/team``, the prefix of all images.
        ca: The CA certificate of the registry; by default the system's CAs.
        config: A Docker configuration with its credentials; by default the user's own.
        pull_config: A Docker configuration with pull-only credentials for the cluster; by default those of ``config``.

    Raises:
        LabError: The address is invalid, or there are no credentials for it.
    """
    match = _ADDRESS.fullmatch(address.rstrip("/"))
    if match is None or not 0 < int(match["port"] or _HTTPS) <= _LAST_PORT:
        raise LabError(
            _("is not HOST[:PORT]/PREFIX, the prefix in lower case"),
            object=_("registry {registry}").format(registry=repr(address)),
            next_step="--registry registry.example.com/team",
        )
    name, port = match["host"], int(match["port"] or _HTTPS)
    host = f"{name}:{match['port']}" if match["port"] else name
    for option, file in (("--registry-config", config), ("--registry-pull-config", pull_config)):
        if file is not None and not file.exists():
            raise LabError(_("no such file"), object=str(file), next_step=f"{option} FILE")
    if ca is not None:
        _expect_certificates(ca)
    username, password = _credentials(host, config or configuration_directory() / "config.json")
    directory.mkdir(parents=True, exist_ok=True)
    password_file = files.write(directory / "password", password + "\n", private=True)
    puller: tuple[str, Path | None] = ("", None)
    if pull_config is not None:
        pull_username, pull_password = _credentials(host, pull_config)
        puller = pull_username, files.write(directory / "pull-password", pull_password + "\n", private=True)
    authority, prefix = ca or _bundle(), match["prefix"]
    return save(directory, Registry(host, name, port, authority, username, password_file, prefix, *puller))


def _expect_certificates(file: Path) -> None:
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:  # which ssl's own error is, too
        reason = _("cannot be read as certificates: {error}").format(error=error.strerror or error)
        raise LabError(reason, object=str(file), next_step="--registry-ca FILE") from error


def _bundle() -> Path:
    bundles = [
        Path(path) for path in (ssl.get_default_verify_paths().cafile, *_BUNDLES) if path and Path(path).exists()
    ]
    if not bundles:
        reason = _("no certificates of authorities were found")
        raise LabError(reason, object=_("system"), next_step="--registry-ca FILE")
    return bundles[0]


def _credentials(host: str, config: Path) -> tuple[str, str]:
    settings = _read(config)
    helper = _table(settings, "credHelpers").get(host)
    entry = next((entry for server, entry in _table(settings, "auths").items() if _is_server_of(server, host)), None)
    if helper is None and not entry:  # with a credential store, the entry is empty or missing
        helper = settings.get("credsStore")
    credentials = (
        _ask_helper(helper, host) if helper else _decode(entry if isinstance(entry, dict) else {}, host, config)
    )
    if credentials is None:
        raise LabError(_("has no credentials for it"), object=_entry_name(config, host), next_step=_login_command(host))
    return credentials


def _read(config: Path) -> Mapping[str, Any]:
    try:
        settings = json.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        reason = _("cannot be read as a Docker configuration")
        raise LabError(reason, object=str(config), next_step=f"cat {config}") from error
    return settings if isinstance(settings, dict) else {}


def _table(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A table of the configuration; empty if it is no table, as the file may have been edited by hand."""
    part = settings.get(name)
    return part if isinstance(part, dict) else {}


def _is_server_of(server: str, host: str) -> bool:
    return server.removeprefix("https://").partition("/")[0] == host


def _ask_helper(helper: str, host: str) -> tuple[str, str] | None:
    try:
        answer = json.loads(shell.run([f"docker-credential-{helper}", "get"], input=host, timeout=30).stdout)
        username, password = str(answer["Username"]), str(answer["Secret"])
    except CommandFailed:
        return None  # the helper has none
    except LabError as error:
        raise LabError(error.reason, object=error.object, next_step=_login_command(host)) from error
    except (ValueError, KeyError, TypeError) as error:
        reason = _("answered with something else than credentials")
        raise LabError(reason, object=f"docker-credential-{helper}") from error
    if username == _IDENTITY:
        raise _token_error(host)
    return username, password


def _decode(entry: Mapping[str, Any], host: str, config: Path) -> tuple[str, str] | None:
    if entry.get("identitytoken"):
        raise _token_error(host)
    try:
        plain = base64.b64decode(str(entry.get("auth") or ""), validate=True).decode()
    except ValueError as error:  # also of what is no ASCII
        raise LabError(_("the credentials are not base64"), object=_entry_name(config, host)) from error
    username, _colon, password = plain.partition(":")
    username, password = username or str(entry.get("username") or ""), password or str(entry.get("password") or "")
    return (username, password) if username and password else None


def _token_error(host: str) -> LabError:
    return LabError(
        _("the credentials are an identity token, which pull secrets cannot hold"),
        object=_("registry {registry}").format(registry=host),
        next_step=_login_command(host),
    )


def _entry_name(config: Path, host: str) -> str:
    return _("{file}, registry {registry}").format(file=config, registry=host)


def _login_command(host: str) -> str:
    return f"docker login {host}   # {_('with a user name and a password; or: --registry-config FILE')}"
