"""Tell a credential from what only looks like it: by the name it stands under, by its value, by its own form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lab_helpers.language import gettext_noop

__all__ = ["Credential", "credentials_in", "is_common_default", "is_credential_name", "is_encrypted", "is_placeholder"]


@dataclass(frozen=True)
class Credential:
    """A text that is a credential by its own form, wherever it stands.

    Attributes:
        kind: What it is, marked for translation.
        start: Where it begins in the text.
    """

    kind: str
    start: int


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# The last words of a name say what it holds: of DB_PASSWORD a password, of PASSWORD_FILE a file.
_CREDENTIAL = re.compile(
    r"""(?:^|\ )(?:
        password | passwd | pwd | passphrase | pass | passcode | secret | secrets | credential | credentials
        | (?:access|auth|bearer|refresh|api|app|bot|deploy|github|gitlab|slack|discord|telegram|npm|pypi|vault|
             registry|service|session|webhook|user|root|admin|security|sonar|id|private|hub|ghcr|master|account|push|
             job|runner|do|cloudflare|dns)\ token
        | (?:api|access|secret|private|auth|encryption|encrypt|signing|sign|master|account|jwt|session|cookie|
             storage|license|hmac|crypto|app|admin|aes|shared|service|function|host|ssh|tls|ssl|rsa|deploy|
             subscription|stripe|sendgrid|mailgun|maps)\ key
        | apikey | apitoken | accesskey | secretkey | authtoken | accesstoken | privatekey | clientsecret
        | secret\ key\ base | token
    )$""",
    re.VERBOSE,
)
_NO_CREDENTIAL = re.compile(
    r"""(?:^|\ )(?:
        (?:existing|image\ pull|pull|tls|ssl|external|cert|certificate|registry|config|repo|kube|ref|name)\ secrets?
        | public\ key\ token | (?:public|foreign|primary|cache|partition|sort|routing|sub)\ (?:api\ |access\ )?key
        | (?:local|session)\ storage\ key
        | cluster\ token
        | (?:invalid|bad|missing|wrong|expired|incorrect|unknown)\ credentials?
        | (?:csrf|xsrf|csrf\ middleware|page|next|continuation|cancellation|cancel|sync|resume|design|syntax|end|start|
             stop|pad|eos|bos|unk|mask|special|invalid|missing|expired|current|prev|previous|new|lexer|parse|no)\ token
        | (?:no|show|hide|forgot|reset|change|confirm|new|old|invalid|wrong|missing|require|requires|required|has|
             is|use|with|toggle|verify|enter|update|set|current|generate|random|by|allow|enable|disable|skip|lost|
             forgotten|remember|recover|label|hashed|encrypted)\ (?:[a-z]+\ )?(?:password|passwd|pwd|secret|token|pass)
        | (?:boarding|by|render|first|second|single|bypass|multi|low|high|all|wall|through)\ pass
    )$""",
    re.VERBOSE,
)

_REFERENCE = re.compile(
    r"""[$%#]?\{ | \$\( | ^\$ | %\( | %[sdvw]\b | <[^<>]*> | ^\{\{ | ^ENC\[ | ^AQIC | ^\[.*\]$ | \{cipher\} | ^\*+$ | ^!
    | ^(?:op|vault|ssm|sm|awssm|secretref|keyring|env|file|aws|azurekeyvault|doppler|akv|gcpsm|ref\+\w+|https?|s3)[:+]
    | ^(?:process\.env|os\.environ|ENV\[|System\.getenv|env\.|secrets?\.|vars?\.|var\.|data\.|local\.|module\.)
    | ^arn: | ^projects/[^/]+/secrets/ | ^@[\w.]+@$ | ^__\w+__$ | ^/[\w.-]+/ | ^\./ | ^~/ | ^-+BEGIN\ (?:PUBLIC|CERT)
    | ^data: | ^EJ\[ | ^password: | ^[\\^].*[$*+] | \[\[ | \.\.\. | … | • | ^ssh-(?:rsa|ed25519)\ """,
    re.VERBOSE | re.IGNORECASE,
)
_STAND_IN = re.compile(
    r"""example | sample | dummy | place[_-]?holder | change[_-]?(?:me|it|this|th[ei]s|in|before|on|to) | change_
    | repla[cs]e | your(?![a-z]{0,2}\d) | (?:^|[^a-z])(?:my|some|any|the|a|an)[_-]?(?:own|very|super)?[_-]?(?:secret|
      password|passwd|pass|token|key|api|app|db|user|strong|long|secure)
    | insert | ^todo | fixme | xxx | \*\*\* | redacted | masked | removed | hidden | not[_-]?a[_-]?real | not[_-]?secret
    | fake | mock | some[_-]?random | very[_-]?secret | ^foo | ^bar$ | foobar | lorem | ^test
    | [_-]test(?:ing)?$ | ^[_-]?testing | test[_-]?(?:password|
      secret|token|key|pass) | ^(?:for|only)[_-] | ^unused | ^unset | deadbeef | insecure(?![\w-]{20}) | ^s{2,}ecret$
    | generate[_-] | ^fill | specify | provide | ^enter | ^put | update[_-]?me | override | set[_-]?(?:me|this|by|in|
      via|from) | same[_-]as | ^see[_-] | no[_-]?password | ci[_-](?:secret|password|token) | github_token
      | ^dev(?:[_-]|
      elopment|$) | ^local(?:[_-]|dev|host|$) | [_-]dev(?:elopment)?$ | for[_-]dev | development
      | do[_-]?not[_-]?use""",
    re.VERBOSE | re.IGNORECASE,
)
# A text in Chinese, Japanese, Korean, Cyrillic or Arabic is shown to people, also where no space divides it.
_OTHER_SCRIPT = re.compile(r"[\u0400-\u06ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2,}")
_NOTHING = frozenset(
    [
        "auto",
        "bearer",
        "basic",
        "default",
        "disabled",
        "empty",
        "enabled",
        "false",
        "file",
        "generic",
        "header",
        "hidden",
        "input",
        "int",
        "invalid",
        "key",
        "literal",
        "login",
        "missing",
        "n/a",
        "nil",
        "no",
        "none",
        "null",
        "number",
        "off",
        "on",
        "optional",
        "pass",
        "passwd",
        "password",
        "password1",
        "plain",
        "pwd",
        "required",
        "secret",
        "str",
        "string",
        "text",
        "token",
        "true",
        "undefined",
        "unknown",
        "user",
        "username",
        "value",
        "yes",
    ]
)
_COMMON = frozenset(
    [
        "1234",
        "12345",
        "123456",
        "1234567",
        "12345678",
        "123456789",
        "1234567890",
        "abc123",
        "admin",
        "admin123",
        "app",
        "database",
        "db",
        "demo",
        "django",
        "example",
        "guest",
        "hunter",
        "letmein",
        "mariadb",
        "minio",
        "minioadmin",
        "mongo",
        "mongodb",
        "mysql",
        "password123",
        "passw0rd",
        "pgpassword",
        "postgres",
        "postgresql",
        "qwerty",
        "rabbitmq",
        "redis",
        "root",
        "rootpassword",
        "rootroot",
        "sa",
        "secret",
        "secret123",
        "superuser",
        "supersecret",
        "test",
        "toor",
        "user",
        "wordpress",
        "cassandra",
        "couchdb",
        "drupal",
        "elastic",
        "gitea",
        "grafana",
        "influxdb",
        "jenkins",
        "kafka",
        "keycloak",
        "neo4j",
        "nextcloud",
        "sonar",
    ]
)

_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:\\[nr]|[\s\"'+,\\|>]|(?:Proc-Type|DEK-Info|Version|Comment): ?[^\n\\]*)*"
    r"(?P<body>[A-Za-z0-9+/]{48,})"
)
_FORMS = tuple(
    (hint, kind, re.compile(pattern))
    for hint, kind, pattern in (
        ("PRIVATE KEY", gettext_noop("a private key"), _PEM.pattern),
        ("PuTTY-User-Key-File", gettext_noop("a private key"), r"PuTTY-User-Key-File-\d: \S+"),
        ("AGE-SECRET-KEY-1", gettext_noop("a private key of age"), r"AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
        ("AKIA", gettext_noop("an access key of AWS"), r"(?<![A-Za-z0-9/+])AKIA[0-9A-Z]{16}(?![A-Za-z0-9/+])"),
        ("gh", gettext_noop("a token of GitHub"), r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,}"),
        ("github_pat_", gettext_noop("a token of GitHub"), r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{50,}"),
        ("glpat-", gettext_noop("a token of GitLab"), r"(?<![\w-])glpat-[\w-]{20,}"),
        ("xox", gettext_noop("a token of Slack"), r"(?<![A-Za-z0-9])xox[abeoprs]-\d+-[A-Za-z0-9-]{16,}"),
        ("hooks.slack.com", gettext_noop("a webhook of Slack"), r"hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}"),
        (
            "/api/webhooks/",
            gettext_noop("a webhook of Discord"),
            r"discord(?:app)?\.com/api/webhooks/\d{16,}/[\w-]{50,}",
        ),
        ("_live_", gettext_noop("a key of Stripe"), r"(?<![A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{16,}"),
        ("GOCSPX-", gettext_noop("a client secret of Google"), r"GOCSPX-[\w-]{24,}"),
        ("SG.", gettext_noop("a key of SendGrid"), r"(?<!\w)SG\.[\w-]{20,24}\.[\w-]{39,50}"),
        ("npm_", gettext_noop("a token of npm"), r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"),
        ("pypi-", gettext_noop("a token of PyPI"), r"pypi-AgE[\w-]{50,}"),
        ("dop_v1_", gettext_noop("a token of DigitalOcean"), r"dop_v1_[0-9a-f]{64}"),
        ("hf_", gettext_noop("a token of Hugging Face"), r"(?<!\w)hf_[A-Za-z]{34}(?!\w)"),
        ("sk-", gettext_noop("a key of OpenAI"), r"(?<![\w-])sk-(?:proj-)?[\w-]{20,}T3BlbkFJ[\w-]{20,}"),
        ("sk-ant-", gettext_noop("a key of Anthropic"), r"sk-ant-[\w-]{80,}"),
        ("shpat_", gettext_noop("a token of Shopify"), r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
        ("hvs.", gettext_noop("a token of Vault"), r"(?<!\w)hvs\.[\w-]{80,}"),
        ("AccountKey=", gettext_noop("a key of Azure Storage"), r"AccountKey=[A-Za-z0-9+/]{80,}={0,2}"),
    )
)

_ENCRYPTED = re.compile(
    r"""ENC\[AES256_GCM | "EJ\[1: | ^["']?sops["']?:\s*(?:\{|$) | ^sops_(?:mac|version)= | ^\$ANSIBLE_VAULT;
    | kind["']?:\s*["']?SealedSecret
    | ^-----BEGIN\ (?:AGE\ ENCRYPTED\ FILE|PGP\ MESSAGE)""",
    re.VERBOSE | re.MULTILINE,
)


def is_credential_name(name: str) -> bool:
    """Whether what stands under a name is a credential, as in ``DB_PASSWORD``, ``apiKey``, ``auth.token``."""
    words = " ".join(word.lower() for word in _WORDS.findall(name))
    return _CREDENTIAL.search(words) is not None and _NO_CREDENTIAL.search(words) is None


def is_placeholder(value: str) -> bool:
    """Whether a value is none: empty, a reference to where it really stands, or something to be replaced."""
    value = value.strip().strip("\"'`")
    plain = value.lower()
    if _OTHER_SCRIPT.search(value):
        return True
    if len(value) < 4 or plain in _NOTHING or len(set(value)) < 3:
        return True
    return bool(_REFERENCE.search(value) or _STAND_IN.search(value))


def is_common_default(value: str) -> bool:
    """Whether a value is what images and tutorials begin with, such as ``postgres``; worth something once deployed."""
    return value.strip().strip("\"'`").lower() in _COMMON


def is_encrypted(text: str) -> bool:
    """Whether a file is encrypted as a whole or value by value: SOPS, SealedSecret, Ansible Vault, age, PGP."""
    return _ENCRYPTED.search(text) is not None


def credentials_in(text: str) -> Iterator[Credential]:
    """Each credential that its own form gives away, such as a private key or a token of GitHub."""
    for hint, kind, pattern in _FORMS:
        if hint in text:
            for match in pattern.finditer(text):
                if not _is_stand_in(match[match.lastindex or 0]):
                    yield Credential(kind, match.start())


def _is_stand_in(value: str) -> bool:
    return (
        len(set(value)) < 8
        or re.search(r"EXAMPLE|example|XXXX|xxxx|0{8}|1234567890|ABCDEFGH|abcdefgh", value) is not None
    )
