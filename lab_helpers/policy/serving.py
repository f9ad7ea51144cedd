"""Configuration of programs that serve an application: which names and paths in it are those of one server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.policy.addresses import DOMAIN, is_own_domain
from lab_helpers.policy.files import File

__all__ = ["is_configuration", "places"]

_NAME = re.compile(
    r"nginx|apache|httpd|haproxy|supervisor|uwsgi|caddyfile|traefik|vhost|sites-(?:available|enabled)|gunicorn[\w.-]*\.conf|\.service$|lighttpd",
    re.IGNORECASE,
)
_SUFFIXES = (".conf", ".cfg", ".ini", ".service", ".vhost", ".erb", ".j2", ".template", ".tmpl", "")
_NAMES = re.compile(r"^[ \t]*(?:server_name|ServerName|ServerAlias)\s+(?P<names>[^;#\n]+)", re.MULTILINE)
_CERTIFICATES = re.compile(r"/etc/letsencrypt/live/(?P<domain>[\w.-]+)/")
_PATHS = re.compile(
    r"""^[ \t]*(?:root|alias|directory|command|chdir|WorkingDirectory|ExecStart|EnvironmentFile|
    DocumentRoot|virtualenv|home|pythonpath|
    wsgi-file|ssl_certificate(?:_key)?|access_log|error_log|stdout_logfile|stderr_logfile|user_home|socket|environment|include)
    \s*[= ]\s*[^\n#;]*?(?P<path>/(?:home/(?!app\b|appuser\b|node\b|user\b|nonroot\b|vscode\b|runner\b
    |jovyan\b)[\w.-]+|root
    |srv/[\w.-]+|var/www/(?!html\b)[\w-]+\.[\w.-]+|opt/[\w-]+\.[a-z]{2,}|Users/\w+)(?:/[^\s;"',]*)?)""",
    re.VERBOSE | re.MULTILINE,
)


def is_configuration(file: File) -> bool:
    """Whether a file configures nginx, supervisor, systemd and the like."""
    return file.suffix in _SUFFIXES and _NAME.search(file.path) is not None


def places(file: File) -> Iterator[tuple[int, str, str]]:
    """The names and paths of one server: the line, the value, and what it is in the reader's language."""
    if not is_configuration(file):
        return
    for match in _NAMES.finditer(file.text):
        for domain in DOMAIN.finditer(match["names"]):
            if is_own_domain(domain[0]):
                yield file.line_of(match.start("names")), domain[0].lower(), _("the domain of a server")
    for match in _CERTIFICATES.finditer(file.text):
        if is_own_domain(match["domain"]):
            yield file.line_of(match.start()), match["domain"].lower(), _("the domain of a server")
    for match in _PATHS.finditer(file.text):
        yield file.line_of(match.start("path")), match["path"], _("a path on one server")
