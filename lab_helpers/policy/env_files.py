"""Files of environment variables: which they are, and the values in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.policy.assignments import Assignment
from lab_helpers.policy.contexts import is_test
from lab_helpers.policy.files import File

__all__ = ["is_env_file", "is_loopback", "is_public", "values"]

_NAME = re.compile(r"^\.env(?:\.[\w.-]+)?$|^[\w-]+\.env$|^env\.(?:prod|production|staging)$", re.IGNORECASE)
_SCHEMA = re.compile(
    r"[._-](?:example|sample|template|tmpl|tpl|dist|defaults?|schema|test|testing|ci|vault|enc|encrypted|age|gpg|sops|md"
    r"|j2|erb|py|js|ts|mjs|cjs|json|ya?ml|sh|validation|d|e2e|keys|patch|diff|me|mock|docker-example|local-example)(?:$|[._-])",
    re.IGNORECASE,
)
_LINE = re.compile(r"^[ \t]*(?:export[ ]+)?(?P<name>[A-Za-z_][\w.]*)[ \t]*=[ \t]*(?P<value>[^\n]*)$", re.MULTILINE)
# What a bundler writes into the page, so that everybody may read it; and what a program that runs here is called with.
_PUBLIC = re.compile(
    r"^(?:REACT_APP|VITE|VUE_APP|NEXT_PUBLIC|NUXT_PUBLIC|GATSBY|PUBLIC|EXPO_PUBLIC|NX|COMPOSE|DOCKER|BUILDKIT|FORCE_COLOR"
    r"|GENERATE_SOURCEMAP|SKIP_PREFLIGHT_CHECK|BROWSER|FAST_REFRESH|TSC|ESLINT|NODE_OPTIONS|NODE_PATH|PYTHONPATH"
    r"|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|FLASK_APP|FLASK_ENV|DJANGO_SETTINGS_MODULE)(?:_|$)"
)


def is_env_file(file: File) -> bool:
    """Whether a file gives values to variables of the environment; not one that only says which there are."""
    if not _NAME.match(file.name) or _SCHEMA.search(file.name[1:]) or file.name.lower() in (".env.", "example.env"):
        return False
    return not is_test(file)


def values(file: File) -> Iterator[Assignment]:
    """The values that a file of variables gives, those left empty and the mode of a build not counted."""
    for match in _LINE.finditer(file.text):
        value = re.sub(r"\s+#.*$", "", match["value"]).strip().strip("\"'")
        if value and match["name"] != "NODE_ENV":
            yield Assignment(match["name"], value, file.line_of(match.start("name")))


def is_loopback(value: str) -> bool:
    """Whether a value is an address of the machine that the program runs on."""
    return re.search(r"\blocalhost\b|\b127\.0\.0\.1\b|^0\.0\.0\.0|host\.docker\.internal", value) is not None


def is_public(name: str) -> bool:
    """Whether a variable is read by a build or a tool only, and is in nobody's way."""
    return _PUBLIC.match(name) is not None or name.endswith(("_IMAGE", "_TAG", "_VERSION"))
