"""Where an application runs, and where its data lies, is no part of its source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy import contexts, serving
from lab_helpers.policy.addresses import DOMAIN, INFRASTRUCTURE, IPV4, is_of_server, is_own_domain, is_reserved
from lab_helpers.policy.compose import is_compose
from lab_helpers.policy.env_files import is_env_file
from lab_helpers.policy.files import File
from lab_helpers.policy.kind import Kind, is_dockerfile, is_manifest, is_of_chart, is_source
from lab_helpers.policy.registry import Violation, rule
from lab_helpers.policy.repository import Part

_SETTINGS = re.compile(
    r"(?:^|[/._-])(?:settings?|config|configs|configuration|conf|constants?|environments?|env|application|appsettings|local_settings|prod|production|tf|tfvars)"
    r"(?:[/._-]|$)",
    re.IGNORECASE,
)
_CONFIGURATION = re.compile(
    r"\.(?:ya?ml|json5?|toml|ini|cfg|conf|config|properties|env|xml|hcl|tf|tfvars|sh|bash|ps1|service|j2|erb)$|^\.env|^caddyfile$",
    re.IGNORECASE,
)
# Names of what only a server of this application's own has.
_OF_OWN_SERVER = re.compile(
    r"""(?:allowed_?hosts? | server_?names? | site_?(?:url|domain|host|name_url) | (?:app|public|web|frontend
    |backend|root|canonical|
    external|backend|portal|admin|server|host|production|prod|live)_?(?:url|domain|host|origin|address
    |base_?url) | (?:session_?|cookie_?|base_?|
    main_?|default_?|primary_?)?(?:cookie_)?domain | csrf_?trusted_?origins | (?:cors_?)?(?:allow(?:ed)?_?
    |whitelist_?)?origins?(?:_?whitelist)?
    | (?:db|database|postgres|pg|mysql|mariadb|mongo|mongodb|redis|rabbitmq|amqp|broker|kafka|elastic\w*|cache|queue|
    smtp|mail|email|ldap|influx\w*)_?(?:host|hosts|hostname|server|servers|addr|address|url|uri|endpoint)
    | hostname | hosts? | servers?
    | (?:bootstrap_?)?servers? | (?:api_?)?(?:base_?)?(?:url|uri)| endpoint | api_?(?:host|endpoint|url|root)
    | data_?source | jdbc_?url
    | subdomain | (?:extra|additional|custom)_?domains? | domains? | backend | upstream | proxy | target)$""",
    re.VERBOSE | re.IGNORECASE,
)
# Of these names a stranger's service may stand as well.
_OF_ANYBODY = re.compile(
    r"^(?:(?:api_?)?(?:base_?)?(?:url|uri)|endpoint|api_?(?:host|endpoint|url|root)|hosts?|hostname|servers?|proxy|target|backend"
    r"|(?:smtp|mail|email)_?\w+|origins?|base_?url)$",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"""(?P<name>[A-Za-z_][\w.-]*)["'\])]*\s*(?::\s*[\w\[\]., ]+=|=>|:=|=|:|,|\(|\s|\?\?|\|\|)[\s\[("'`]*$"""
)
_HOST_WORD = re.compile(
    r"host|server|addr|(?:^|[^a-z])ips?(?:[^a-z]|$)|url|uri|endpoint|upstream|proxy_pass|database|redis|mongo|postgres|mysql|broker|kafka"
    r"|\bssh\b|\bscp\b|\brsync\b|origin|\blisten\b|\bnode\b|remote|master|slave|deploy|gateway|dns|bind",
    re.IGNORECASE,
)
_NO_ADDRESS = re.compile(
    r"version|\bver\b|release|user-?agent|mozilla|chrome/|e\.g\.|example|placeholder|\boid\b|assembly|sha|netmask|subnet|cidr|0\.0\.0\.0/|"
    r"\bdescription\b|\bhelp\b|pattern|regex|schema|docs?\b",
    re.IGNORECASE,
)
_DEPLOYED_NAME = re.compile(
    r"(?:^|[.-])(?:prod|production|staging|stage|live|internal|db\d*|node\d+|server\d*|app\d+|srv\d*|vps\w*)(?:[.-]|\d)",
    re.I,
)


@rule(
    "app-address",
    section="1.1",
    kinds=[Kind.APP, Kind.COMBINED],
    title=gettext_noop("An App repository knows no server and no domain"),
    why=gettext_noop("The image then runs in one place only, and a second server needs a branch of its own."),
    fix=gettext_noop(
        "Make it a setting that has to be there, name it in .env.example, and set it in the Deploy repository."
    ),
)
def addresses(part: Part) -> Iterator[Violation]:
    """Addresses and domains of servers as values: each once a file."""
    for file in part.files:
        if _is_judged(file):
            values = set()
            for line, value, message in sorted({*_ipv4(file), *_domains(file), *serving.places(file)}):
                if value not in values:
                    values.add(value)
                    yield Violation(file.path, line, message, value)


def _is_judged(file: File) -> bool:
    if not (is_source(file) or _CONFIGURATION.search(file.name) or serving.is_configuration(file)):
        return False
    is_elsewhere = (
        is_env_file(file) or is_manifest(file) or is_of_chart(file) or is_compose(file) or is_dockerfile(file)
    )
    excuses = (contexts.is_test, contexts.is_local, contexts.is_generated, contexts.is_translation, contexts.is_prose)
    return not is_elsewhere and not any(is_excused(file) for is_excused in excuses)


def _ipv4(file: File) -> Iterator[tuple[int, str, str]]:
    for match in IPV4.finditer(file.text):
        address = match["address"]
        if is_of_server(address):
            number = file.line_of(match.start("address"))
            line = file.lines[number - 1]
            is_plain = not _NO_ADDRESS.search(line) and not _is_comment(line, file) and len(line) < 500
            if is_plain and (match["scheme"] or _HOST_WORD.search(line)):
                yield number, address, _("the address of a server")


def _domains(file: File) -> Iterator[tuple[int, str, str]]:
    for match in INFRASTRUCTURE.finditer(file.text):
        if not is_reserved(match["name"]) and _is_plain(file, match):
            yield file.line_of(match.start()), match["name"], _("the name of a server")
    if _SETTINGS.search(file.path) is None or contexts.is_ci(file):
        return
    for match in DOMAIN.finditer(file.text):
        domain = match[0].lower()
        if is_own_domain(domain) and _is_plain(file, match):
            number = file.line_of(match.start())
            if _is_set(file.lines[number - 1], match[0], domain):
                yield number, domain, _("the domain of a server")


def _is_plain(file: File, match: re.Match[str]) -> bool:
    """Whether a name is text in a line of code or configuration, and no attribute, path or comment."""
    line = file.lines[file.line_of(match.start()) - 1]
    return len(line) <= 500 and not _is_comment(line, file) and _is_text(file, match)


def _is_text(file: File, match: re.Match[str]) -> bool:
    before, after = file.text[match.start() - 1 : match.start()], file.text[match.end() : match.end() + 1]
    if is_source(file):
        return before in ('"', "'", "`", "/", "@", "*", ".", " ", ",") and after not in ("(", "[")
    return before in ("", '"', "'", "`", "/", ":", "=", " ", ",", "@", "*", "[", ">", "\n", ".") and after not in (
        "(",
        "[",
    )


def _is_set(line: str, literal: str, domain: str) -> bool:
    """Whether a line gives a domain to a setting that names a server of this application."""
    before = line[: line.index(literal)] if literal in line else line
    before = re.sub(r"[a-z][a-z0-9+]*://(?:[^\s/@]*@)?[\w.*-]*$|\.$", "", before, flags=re.IGNORECASE)
    before = re.sub(r"""(["'`])[^"'`]*\1\s*,\s*(?=["'`\[]*$)""", "", before) if "[" in before else before
    named = _NAMED.search(before.rstrip("*."))
    if named is None:
        named = re.search(r"""(?P<name>[A-Za-z_][\w.-]*)["']?\s*[\s,:=(\[]\s*["'`]?$""", before)
    name = "" if named is None else named["name"].rpartition(".")[2].replace("-", "_")
    if not _OF_OWN_SERVER.search(name):
        return False
    return not _OF_ANYBODY.search(name) or _DEPLOYED_NAME.search(domain) is not None


def _is_comment(line: str, file: File) -> bool:
    begins = line.lstrip()
    return begins.startswith(("#", "//", "/*", "<!--", "--", ";")) or (begins.startswith("*") and is_source(file))
