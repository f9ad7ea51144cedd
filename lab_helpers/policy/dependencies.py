"""Lists of the packages that a program needs, and whether that program is an application or a tool."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from lab_helpers.policy.files import File

__all__ = ["is_list", "is_of_application", "suffixes"]

_LIST = re.compile(
    r"^(?:requirements(?:[-_.][\w.-]*)?\.(?:txt|in)|pipfile|pyproject\.toml|setup\.py|package\.json|go\.mod|pom\.xml"
    r"|build\.gradle(?:\.kts)?|gemfile|cargo\.toml|composer\.json|mix\.exs|[\w.-]+\.csproj)$",
    re.IGNORECASE,
)
# What those use who deploy: by the beginning of a package's name.
_TOOL = re.compile(
    r"""^(?:@?ansible|molecule|netaddr|jmespath|jinja2|j2cli|makejinja|pre-?commit|mkdocs|sphinx|yamllint|checkov|kubernetes
    |openshift|pyyaml|ruamel|passlib|bcrypt|cryptography|ruff|black|flake8|isort|mypy|pylint|pytest|tox|nox|pip|wheel|setuptools
    |pymdown|mike|pygments|boto|awscli|azure-cli|google-cloud|hvac|requests|cloudflare|dnspython|email-validator|ntplib
    |python-?\d*$|pydantic|click|typer|rich|gitpython|semver|packaging|bump|commitizen|gitlint|codespell|poetry|uv$|hatch
    |prettier|eslint|@?commitlint|husky|lint-staged|@?semantic-release|renovate|markdownlint|cspell|@?vuepress|vitepress
    |@?docusaurus|hexo|cdk8s|@?pulumi|aws-cdk|cdktf|constructs|typescript$|ts-node|tsx$|@types/|zx$|json5|yaml$|js-yaml|conventional
    |standard-version|release-it|all-contributors|lefthook|jsonnet|tanka|kubeconform|gita|talhelper|sops|age$|yq$|jq$|dprint
    |pyhelm|helm|kr8s|proxmoxer|paramiko|jsonschema|docker$|docker-compose|invoke|fabric|rpm|lxml|httpx?$|toml|cerberus|zensical)""",
    re.VERBOSE | re.IGNORECASE,
)


def is_list(file: File) -> bool:
    """Whether a file lists packages."""
    return _LIST.match(file.name) is not None


def is_of_application(file: File) -> bool:
    """Whether a list names a package that no tool of whoever deploys needs; of unknown forms, whether it is no stub."""
    names = _names(file)
    return bool(file.text.strip()) if names is None else any(not _TOOL.match(name) for name in names)


def suffixes(file: File) -> tuple[str, ...]:
    """The suffixes of the source that a list is for; none where its packages tell what it is for."""
    by_name = {"go.mod": (".go",), "pom.xml": (".java", ".kt"), "cargo.toml": (".rs",), "mix.exs": (".ex",)}
    return by_name.get(file.name.lower(), ())


def _names(file: File) -> list[str] | None:
    """The packages of a list; None for a form that says them in another way."""
    name = file.name.lower()
    try:
        if name == "package.json":
            return list(_table(_table(json.loads(file.text)).get("dependencies")))
        if name in ("pyproject.toml", "pipfile", "cargo.toml"):
            return list(_of_toml(tomllib.loads(file.text)))
    except ValueError:  # a template, or broken
        return None
    if name.startswith("requirements"):
        lines = (re.match(r"\s*([A-Za-z0-9][\w.-]*)", line) for line in file.lines)
        return [match[1] for match in lines if match]
    if name == "gemfile":
        return re.findall(r"^[ \t]*gem\s+[\"']([\w-]+)", file.text, re.MULTILINE)
    return None


def _of_toml(document: dict[str, Any]) -> Iterator[str]:
    for requirement in document.get("project", {}).get("dependencies", ()):
        match = re.match(r"[\w.-]+", str(requirement))
        if match:
            yield match[0]
    yield from _table(document.get("tool", {}).get("poetry", {}).get("dependencies"))
    yield from _table(document.get("packages"))
    yield from _table(document.get("dependencies"))


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
