"""What a file is for, where that excuses it: local development, tests, continuous integration, prose, translations."""

from __future__ import annotations

import re
from functools import cache

from lab_helpers.policy.files import File
from lab_helpers.policy.kind import is_aside, is_source, is_tooling

__all__ = [
    "is_aside",
    "is_ci",
    "is_comment",
    "is_deployed",
    "is_generated",
    "is_local",
    "is_prose",
    "is_test",
    "is_tooling",
    "is_translation",
]

_LOCAL = re.compile(
    r"(?:^|[-_./])(?:dev|devel|develop|developer|development|local|localhost|sandbox|vagrant|snakeoil|self-?signed)(?:[-_./]|$)|(?:^|/)docker-compose/"
)
_DEPLOYED = re.compile(r"(?:^|[-_./])(?:prod|production|staging|live)(?:[-_./]|$)")
# A docstring, a comment of several lines; each begins its line, for `/*` and `"""` in a text mean something else.
_BLOCK = re.compile(
    r"""^[ \t]*(?:[rubf]{0,2}(?P<quotes>\"{3}|'{3})[\s\S]*?(?P=quotes) | /\*[\s\S]*?\*/ | <!--[\s\S]*?-->)""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_TEST = re.compile(
    r"""(?:^|[-_.])(?:tests?|testing|spec|specs|e2e|mocks?|stubs?|fixtures?|fakes?|examples?|samples?|dist|template|tmpl
    |tpl|stories|cy|faker|factory|factories|seeds?|seeder|demo)(?:[-_.]|$)|^conftest|[a-z](?:Tests?|Spec|Mock|IT|Fixture)\.\w+$""",
    re.VERBOSE,
)
_CI = re.compile(
    r"""^(?:\.github|\.gitlab|\.circleci|\.buildkite|\.azure-pipelines|\.woodpecker|\.tekton|\.semaphore)/
    |(?:^|/)(?:\.gitlab-ci|\.travis|\.drone|appveyor|\.appveyor|azure-pipelines|bitbucket-pipelines|cloudbuild|\.cirrus)[\w.-]*\.ya?ml$
    |(?:^|/)(?:jenkinsfile|tox\.ini|noxfile\.py|setup\.cfg)$""",
    re.VERBOSE | re.IGNORECASE,
)
_GENERATED = re.compile(
    r"""\.min\.(?:js|css)$ | \.map$ | \.svg$ | \.csv$ | \.tsv$ | \.lock$ | -lock\.(?:json|ya?ml)$ | (?:^|/)(?:go\.sum|
    npm-shrinkwrap\.json|\.secrets\.baseline|\.gitleaks\.toml|\.gitleaksignore)$ | \.snap$ | \.har$ | \.ipynb$ |
    \.pb\.\w+$ | _pb2\.py$ | \.schema\.json$ | (?:openapi|swagger)[\w.-]*\.(?:json|ya?ml)$ | postman | \.d\.ts$ |
    (?:^|/)(?:dist|build|out|public/build|static/(?:vendor|lib|libs))/ | \.bundle\.js$ | (?:^|/)jquery[\w.-]*\.js$""",
    re.VERBOSE | re.IGNORECASE,
)
_PROSE = re.compile(r"\.(?:md|mdx|markdown|rst|adoc|asciidoc|txt|html?|xhtml|tex|org|wiki|man|\d)$", re.IGNORECASE)
_TRANSLATION = re.compile(
    r"(?:^|/)(?:locales?|i18n|l10n|lang|langs|languages?|translations?|messages|strings)(?:/|[\w.-]*\.\w+$)"
    r"|\.(?:po|pot|xlf|xliff|strings|resx|arb)$",
    re.IGNORECASE,
)


def is_local(file: File) -> bool:
    """Whether a file is for a developer's own machine."""
    return _LOCAL.search(file.path.lower()) is not None


def is_test(file: File) -> bool:
    """Whether a file is a test, a fixture, an example or a template, by its directories or its name."""
    return is_aside(file) or _TEST.search(file.name) is not None


def is_ci(file: File) -> bool:
    """Whether a file configures continuous integration."""
    return _CI.search(file.path) is not None


def is_generated(file: File) -> bool:
    """Whether a program wrote a file: a lock, a bundle, a recording, a specification."""
    return _GENERATED.search(file.path) is not None


def is_prose(file: File) -> bool:
    """Whether a file is read by people only."""
    return _PROSE.search(file.name) is not None


def is_translation(file: File) -> bool:
    """Whether a file holds what is shown to people, by language."""
    return _TRANSLATION.search(file.path) is not None


def is_deployed(file: File) -> bool:
    """Whether a file says by its name that it is for an environment on a server."""
    return _DEPLOYED.search(file.path.lower()) is not None


def is_comment(file: File, number: int) -> bool:
    """Whether a line, counted from 1, is read by people only."""
    begins = file.lines[number - 1].lstrip()
    if begins.startswith(("//", "/*", "<!--", "--", "{{/*", "{#", ";")) or (begins.startswith("*") and is_source(file)):
        return True
    return (begins.startswith("#") and not begins.startswith(("#define", "#{"))) or number in _blocks(file)


@cache
def _blocks(file: File) -> frozenset[int]:
    """The lines of docstrings and comments of several lines."""
    lines: set[int] = set()
    for match in _BLOCK.finditer(file.text):
        first = file.line_of(match.start())
        lines.update(range(first, first + match[0].count("\n") + 1))
    return frozenset(lines)
