"""Tell whether a setting that is deployed is a credential.

What is deployed is used as it stands: ``postgres`` or ``fake_password`` is a password there, and only what asks to be
replaced, or stands for a value elsewhere, is none.
"""

from __future__ import annotations

import base64
import binascii
import re

from lab_helpers.policy.credentials import credentials_in, is_credential_name
from lab_helpers.policy.words import words

__all__ = ["decoded", "is_credential", "is_placeholder"]

_PLACEHOLDER = re.compile(
    r"""change[-_\ ]?(?:me|this|it) | replace | ^your[-_\ ] | ^(?-i:[Yy]our[A-Z]) | [-_\ ]your[-_\ ]
    | (?:^|[-_ ])(?:insert|todo|tbd|fixme|placeholder|redacted|example|sample|dummy|override|fill[-_ ]?in|set[-_ ]?me|
      not[-_ ]?set|undefined|none|null|nil|unset|empty|omitted|generated)(?:$|[-_ :.])
    | ^[x*.\#?-]+$
    | xxx+ | \*\*\* | <[^>]*> | \$[{(\w] | \{\{ | \}\} | ^\{[\w.]+\}$ | %\w+% | __\w+__ | ^@\w | \.\.\.""",
    re.IGNORECASE | re.VERBOSE,
)
_REFERENCE = re.compile(
    r"^(?:ENC\[|op://|vault:|ref\+|secretref|secretKeyRef|arn:aws|projects/|kms:|file:|env:|ssm:|gcp:|/|\./|~/)"
)
_PUBLIC = re.compile(
    r"^(?:ssh-(?:rsa|ed25519|dss) |ecdsa-sha2|age1|-----BEGIN (?:PUBLIC KEY|CERTIFICATE|RSA PUBLIC KEY|PGP PUBLIC))"
)
_NO_PASSWORDS = words(
    "true false yes no auto default bearer basic random disabled enabled files compat ldap sss db systemd"
)
_IN_ADDRESS = re.compile(r"[a-z][a-z0-9+]*://[^\s:/@'\"]*:(?P<password>[^\s@/'\"]+)@[\w\[]")


def is_credential(name: str, value: str) -> bool:
    """Whether a setting is a credential in plain text.

    Args:
        name: What it is called.
        value: Its value.
    """
    value = value.strip()
    if not value or (_REFERENCE.match(value) and "PRIVATE KEY" not in value) or _PUBLIC.match(value):
        return False
    if any(credentials_in(value)):
        return True
    if any(not is_placeholder(address["password"]) for address in _IN_ADDRESS.finditer(value)):
        return True
    return is_credential_name(name) and _may_be_so(value)


def is_placeholder(value: str) -> bool:
    """Whether a value stands for one that somebody or something puts there later."""
    return _PLACEHOLDER.search(value) is not None or re.fullmatch(r"[A-Z]+(?:_[A-Z]+)*", value) is not None


def decoded(value: str) -> str:
    """What base64 encodes, as far as it is text; the value itself where it is no base64."""
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return value


def _may_be_so(value: str) -> bool:
    """Whether a value can be a password or a token: one word, no flag, no address, no name of another thing."""
    if (
        is_placeholder(value)
        or is_placeholder(decoded(value))
        or len(value) < 3
        or re.search(r"\s", value)
        or "://" in value
    ):
        return False
    if re.fullmatch(r"[\w.-]+\.(?:json|ya?ml|toml|ini|txt|pem|key|crt|cer|conf|cfg|env|local|svc)", value):
        return False
    return value.lower() not in _NO_PASSWORDS
