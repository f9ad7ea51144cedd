"""Find the credentials in a file that is no manifest: by their own form, under a name, in an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lab_helpers import language
from lab_helpers.language import gettext as _
from lab_helpers.policy import contexts
from lab_helpers.policy.assignments import Assignment, assignments
from lab_helpers.policy.credentials import (
    credentials_in,
    is_common_default,
    is_credential_name,
    is_encrypted,
    is_placeholder,
)
from lab_helpers.policy.files import File
from lab_helpers.policy.kind import is_source

__all__ = ["Secret", "secrets_in"]

_HINT = re.compile(
    r"passw|passphrase|passcode|_pass\b|\bpass\b|[_-]pass[\"'\s:=]|pwd|secret|token|credential"
    r"|(?:api|access|private|auth|encrypt|encryption|sign|signing|master|account|jwt|session|cookie|storage|license|hmac"
    r"|crypto|aes|shared|service|function|deploy|subscription|stripe|sendgrid|mailgun|maps|admin|app)[_. -]?key"
)
_ADDRESS = re.compile(
    r"\b(?P<scheme>[a-z][a-z0-9+.-]{1,20})://(?P<user>[^\s:/@\"'`<>{}$%\\,;()|]*):"
    r"(?P<password>[^\s:/@\"'`<>{}$%\\,;()|]+)@(?P<host>[\w.-]+)"
)
_LOOPBACK = re.compile(
    r"^(?:localhost|127\.|0\.0\.0\.0|host\.docker\.internal|\[?::1)|\.local$|\bexample\b|^(?:host|hostname|server)$"
)
# What reads like a name or a text rather than like a value that somebody chose or a program drew.
_WORDS = re.compile(r"[A-Za-z]+(?:[ _.:/-][A-Za-z]+)*[:=?!.]?")
_STRONG_WORD = re.compile(r"^(?:super|top|ultra)[_-]?secret|hunter", re.IGNORECASE)
_NO_VALUE = re.compile(
    r"""^[#./@&?*+,;:!)(\[{<>|\\=-] | [()\[\]{}<>|\\^] | [=:,]$ | ^\d+[smhd]$ | ^v\d+$ | \?\?
    | ^(?i:(?:HS|RS|ES|PS|SHA|MD|AES|RSA)-?\d{1,4}\b.* | oauth\ ?2.* | base64 | utf-?8)$
    | \.(?:py|js|ts|json|ya?ml|pem|key|crt|txt|html|php|go|java|rb|md|env|sh)$
    | ^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$ | ^[a-z]+(?:[A-Z][a-z]+)+\d?$ | ^(?:[a-z]+\d?[_-])+[a-z]*\d?$
    | ^[\w-]+\.[a-z]+\.[a-z.]+$""",
    re.VERBOSE,
)
_SERVICE_OF_CI = re.compile(
    r"postgres|mysql|mariadb|mongo|redis|rabbit|^db|database|^pg|sa_password|minio|elastic", re.IGNORECASE
)


@dataclass(frozen=True)
class Secret:
    """A credential that can be read in a file.

    Attributes:
        line: The line, from 1.
        name: The name it stands under; empty where it has none.
        message: What it is, in the reader's language, without its value.
    """

    line: int
    name: str
    message: str


def secrets_in(file: File, *, is_deployed: bool) -> Iterator[Secret]:
    """The credentials in a file, at most one a line.

    Args:
        file: A file that is no manifest and no file of variables.
        is_deployed: Whether its values are used as they are, so that a common default is a value, too.
    """
    if contexts.is_test(file) or is_encrypted(file.text):
        return
    by_line: dict[int, Secret] = {}
    for secret in (
        *_by_form(file),
        *_in_addresses(file),
        *_by_name(file, is_deployed=is_deployed),
        *_by_file_name(file),
    ):
        by_line.setdefault(secret.line, secret)
    yield from (by_line[line] for line in sorted(by_line))


def _by_form(file: File) -> Iterator[Secret]:
    for credential in credentials_in(file.text):
        is_key = "key" in credential.kind and "private" in credential.kind
        if is_key and ((contexts.is_prose(file) and file.suffix != ".txt") or contexts.is_local(file)):
            continue
        yield Secret(file.line_of(credential.start), "", language.gettext(credential.kind))


def _in_addresses(file: File) -> Iterator[Secret]:
    if "://" not in file.text or _is_beside_the_point(file):
        return
    for match in _ADDRESS.finditer(file.text):
        password, user = match["password"], match["user"]
        is_given = not is_placeholder(password) and not is_common_default(password) and password.lower() != user.lower()
        if is_given and not _LOOPBACK.search(match["host"].lower()) and not password.isdigit():
            if is_credential_name(password) and password.isalpha():  # twilio://AccountSid:AuthToken@… shows the form
                continue
            scheme = match["scheme"]
            yield Secret(
                file.line_of(match.start()), "", _("a password in an address ({scheme}://)").format(scheme=scheme)
            )


def _by_name(file: File, *, is_deployed: bool) -> Iterator[Secret]:
    if _is_beside_the_point(file):
        return
    for assignment in assignments(file, _HINT):
        if _is_secret(assignment, file, is_deployed=is_deployed):
            message = _("a default that is a value") if assignment.is_default else _("its value stands there, readable")
            yield Secret(assignment.line, assignment.name, message)


def _by_file_name(file: File) -> Iterator[Secret]:
    """A file that holds nothing but a password, as its name says."""
    value = file.text.strip()
    stem, _dot, suffix = file.name.partition(".")
    is_single = (
        suffix in ("", "txt", "secret", "key", "pass") and 6 <= len(value) <= 200 and not re.search(r"\s", value)
    )
    if is_single and is_credential_name(stem) and not is_placeholder(value) and not contexts.is_local(file):
        yield Secret(1, file.name, _("its value stands there, readable"))


def _is_beside_the_point(file: File) -> bool:
    """Whether what stands in a file is no value of a running program."""
    return any(
        is_excused(file)
        for is_excused in (contexts.is_generated, contexts.is_prose, contexts.is_translation, contexts.is_local)
    )


def _is_secret(assignment: Assignment, file: File, *, is_deployed: bool) -> bool:
    name, value = assignment.name, assignment.value
    if not is_credential_name(name) or is_placeholder(value) or _is_name_again(name, value):
        return False
    if is_common_default(value):
        return is_deployed and not is_source(file)
    if contexts.is_ci(file) and _SERVICE_OF_CI.search(name):
        return False
    if assignment.is_default and value.isalpha() and value.islower() and not is_deployed:
        return False  # a word with which it runs on anybody's own machine
    if is_source(file) and not assignment.is_default:
        return _is_drawn(value)
    return _is_chosen(name, value, shortest=4 if is_deployed else 6)


def _is_drawn(value: str) -> bool:
    """Whether a text in source code is a credential, and no name, label, route, pattern or message."""
    if _STRONG_WORD.search(value):
        return True
    if " " in value or "://" in value or len(value) < 6 or _NO_VALUE.search(value):
        return False
    return not _WORDS.fullmatch(value) or (len(value) >= 20 and value.isalpha() and not value.islower())


def _is_chosen(name: str, value: str, shortest: int) -> bool:
    """Whether a value in a configuration file is a credential, which may be a word there if it is a password."""
    is_varied = re.search(r"\d.*\d|[!@#$%^&*]", value) is not None
    if " " in value.strip() or "://" in value or (_NO_VALUE.search(value) and not is_varied):
        return False
    if not value.isalpha():
        return True
    return len(value) >= shortest and re.search(r"pass|pwd|secret$", name, re.IGNORECASE) is not None


def _is_name_again(name: str, value: str) -> bool:
    """Whether a value is only a name: ``token: "token"``, ``secret: db-secret``."""
    plain_name, plain_value = (re.sub(r"[^a-z]", "", text.lower()) for text in (name, value))
    if plain_value and (plain_value in plain_name or plain_name in plain_value) and not re.search(r"\d", value):
        return not _STRONG_WORD.search(value)
    return (
        re.fullmatch(r"[a-z][a-z0-9]*(?:[-_./][a-z][a-z0-9]*)+", value) is not None
        and re.search(r"secret|cred|token|key|passw|auth|tls|cert", value) is not None
    )
