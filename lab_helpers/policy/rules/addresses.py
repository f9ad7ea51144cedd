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
# The last words of names of what only a server of this application's own has.
_OF_OWN_SERVER = re.compile(
    r"""(?:^|\ )(?:
        allowed\ hosts? | server\ (?:names?|url) | (?:cookie|base|main|default|primary|site|app|public|web|root
        |admin|portal|production|
        prod|extra|additional|custom)\ domains? | domain | subdomain
        | (?:site|app|public|web|frontend|backend|external|canonical|portal|root|production|prod|live|self
        |own)\ (?:base\ )?(?:url|host|
        hostname|origin|address)
        | (?:trusted|allowed|cors)\ origins? | (?:allowed|cors)\ origins?\ whitelist | cors\ (?:allowed|allow)\ origins?
        | (?:db|database|postgres|postgresql|pg|mysql|mariadb|mongo|mongodb|redis|rabbitmq|amqp|broker|kafka
        |elasticsearch|cache|queue|
        ldap|influxdb)\ (?:hosts?|hostname|servers?|addr|address|url|uri|endpoint)
    )$""",
    re.VERBOSE,
)
# Under these a stranger's service stands as well, so that the domain itself has to say what it is.
_OF_ANYBODY = re.compile(
    r"(?:^|\ )(?:url|uri|endpoint|hosts?|hostname|servers?|proxy|target|address|backend|upstream|origin)$"
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_FEW = 3
"""A file with more domains than that is a list of other people's."""
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
    if file.suffix in (".json", ".xml") and not (_SETTINGS.search(file.name) or file.name == "pom.xml"):
        return False  # what a program reads or writes, about anybody's servers
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
            is_plain = not _NO_ADDRESS.search(line) and not contexts.is_comment(file, number) and len(line) < 500
            is_sample = is_source(file) and not match["scheme"] and re.search(r"^\d\.|^(?:10|172|192)\..*\.1$", address)
            if is_plain and not is_sample and (match["scheme"] or _HOST_WORD.search(line)):
                yield number, address, _("the address of a server")


def _domains(file: File) -> Iterator[tuple[int, str, str]]:
    for match in INFRASTRUCTURE.finditer(file.text):
        if not is_reserved(match["name"]) and _is_plain(file, match):
            yield file.line_of(match.start()), match["name"], _("the name of a server")
    if _SETTINGS.search(file.path) is not None and not contexts.is_ci(file):
        domains = list(_set_domains(file))
        if len({".".join(domain.split(".")[-2:]) for _number, domain in domains}) <= _FEW:
            yield from ((number, domain, _("the domain of a server")) for number, domain in domains)


def _set_domains(file: File) -> Iterator[tuple[int, str]]:
    for match in DOMAIN.finditer(file.text):
        domain = match[0].lower()
        if is_own_domain(domain) and _is_plain(file, match):
            number = file.line_of(match.start())
            if _is_set(file.lines[number - 1], match[0], domain):
                yield number, domain


def _is_plain(file: File, match: re.Match[str]) -> bool:
    """Whether a name is text in a line of code or configuration, and no attribute, path or comment."""
    number = file.line_of(match.start())
    return len(file.lines[number - 1]) <= 500 and not contexts.is_comment(file, number) and _is_text(file, match)


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
    name = "" if named is None else named["name"].rpartition(".")[2]
    words = " ".join(word.lower() for word in _WORDS.findall(name))
    if _OF_OWN_SERVER.search(words):
        return True
    return _OF_ANYBODY.search(words) is not None and _DEPLOYED_NAME.search(domain) is not None
