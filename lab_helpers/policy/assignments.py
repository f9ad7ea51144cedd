"""Find literal values in source and configuration files, with the names that they are given to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lab_helpers.policy.contexts import is_comment
from lab_helpers.policy.files import File
from lab_helpers.policy.kind import is_dockerfile, is_source

__all__ = ["Assignment", "assignments"]


@dataclass(frozen=True)
class Assignment:
    """A literal value under a name.

    Attributes:
        name: The name.
        value: The value, without quotes.
        line: The line, from 1.
        is_default: Whether it counts only where the environment says nothing.
    """

    name: str
    value: str
    line: int
    is_default: bool = False


# name = "value", name: "value", "name" => 'value', name: str = "value", config["name"] = "value"
_QUOTED = re.compile(
    r"""(?<![A-Za-z_$])(?P<name>[A-Za-z_$][\w$.-]*+)["'\])]*\s*
    (?::\s*[A-Za-z_][\w.<>\[\]|?\ ]*=|\s(?:string|String)\s*=|=>|:=|(?<![=!<>])=(?![=~>])|:(?![:=]))
    \s*(?:[fbru]{1,2})?(?:(?P<quote>["'`])(?P<value>(?:(?!(?P=quote))[^\\\n]|\\.)*)(?P=quote))(?!\s*(?:[:?]|[!=]=))""",
    re.VERBOSE,
)
# name("value"): define("DB_PASSWORD", "value"), .setPassword("value")
_DEFINED = re.compile(r"""\bdefine\(\s*["'](?P<name>\w+)["']\s*,\s*["'](?P<value>[^"'\n]+)["']""")
# What counts where a variable of the environment is not set.
_DEFAULTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"""(?:getenv|environ\.get|environ\.setdefault|[Gg]et_?[Ee]nv\w*|\benv(?:\.str|\.string)?|\bconfig|ENV\.fetch|decouple\.config|env_?or_?default|EnvOrDefault)\(\s*["'](?P<name>\w+)["']\s*,\s*(?:default\s*=\s*)?["'](?P<value>[^"'\n]*)["']""",
        r"""process\.env(?:\.(?P<name>\w+))\s*(?:\|\||\?\?)\s*["'`](?P<value>[^"'`\n]*)["'`]""",
        r"""process\.env\[["'](?P<name>\w+)["']\]\s*(?:\|\||\?\?)\s*["'`](?P<value>[^"'`\n]*)["'`]""",
        r"""(?:ENV\[|getenv\(|GetEnvironmentVariable\()["'](?P<name>\w+)["'][\])]\s*(?:\|\||\?\?|\?:|or)\s*["'](?P<value>[^"'\n]*)["']""",
        r"""\$\{(?P<name>[A-Za-z_][\w.]*):-?(?P<value>[^${}\n]+)\}""",
    )
)
# name=value and name: value, without quotes; a comment ends it.
_PLAIN = re.compile(
    r"""^[\s-]*(?:export\s+|ENV\s+|ARG\s+|set\s+(?:-x\s+)?|declare\s+(?:-\w+\s+)?)?(?P<name>[A-Za-z_][\w.-]*)\s*[:=]\s*(?P<value>[^\s"'#&*|>{\[][^\s]*)\s*(?:[#;].*)?$""",
)
_INLINE = re.compile(r"""(?<![^\s"'=])(?P<name>[A-Z][A-Z0-9_]+)=(?P<value>[^\s"'`$;&|()<>{}]+)""")
_OPTION = re.compile(r"""(?<!\S)--(?P<name>[a-z][\w-]*)[= ](?P<value>[^\s"'$<-][^\s"']*)""")
_XML = re.compile(r"""<(?P<name>[\w.:-]+)>(?P<value>[^<>\n]+)</""")
_KEY_VALUE = re.compile(r"""(?:key|name)=["'](?P<name>[\w.:-]+)["']\s+value=["'](?P<value>[^"'\n]+)["']""")
_CONNECTION = re.compile(
    r"""(?:Server|Data\ Source|Host|User\ ID|Uid|Initial\ Catalog)\s*=[^"'\n]*?;?\s*
    (?P<name>Password|Pwd)\s*=\s*(?P<value>[^;"'\n]+)""",
    re.VERBOSE | re.IGNORECASE,
)

_CONFIGURATION = re.compile(
    r"""\.(?:ya?ml|properties|ini|cfg|cnf|conf|config|env|toml|tfvars|hcl|tf|sh|bash|zsh|fish|service|j2|tmpl|tpl|erb|editorconfig)$
    |^\.?env(?:\.|$)|\.env\.|^\.(?:npmrc|pypirc|netrc|pgpass|envrc|bashrc|profile)$|^credentials$""",
    re.VERBOSE | re.IGNORECASE,
)


def assignments(file: File, hint: re.Pattern[str]) -> Iterator[Assignment]:
    """Each literal value of a file on a line that a pattern fits, the first of each name and line.

    Args:
        file: The file.
        hint: What a line must hold to be looked at, in lower case.
    """
    numbers = {file.line_of(match.start()) for match in hint.finditer(file.text.lower())}
    for number in sorted(numbers):
        line = file.lines[number - 1]
        if len(line) < 2000 and not is_comment(file, number):
            yield from _of_line(line, number, file)


def _of_line(line: str, number: int, file: File) -> Iterator[Assignment]:
    names: set[str] = set()
    for pattern in _patterns(file):
        is_default = pattern in _DEFAULTS
        for match in pattern.finditer(line):
            if match["name"] not in names:
                names.add(match["name"])
                yield Assignment(match["name"], match["value"], number, is_default)


def _patterns(file: File) -> Iterator[re.Pattern[str]]:
    yield from _DEFAULTS
    yield _DEFINED
    yield _QUOTED
    is_configuration = _CONFIGURATION.search(file.name) is not None or is_dockerfile(file)
    if is_configuration and not is_source(file):
        if file.suffix not in (".tf", ".hcl"):  # what stands there without quotes is an expression
            yield _PLAIN
        yield _INLINE
        yield _OPTION
    if file.suffix in (".xml", ".config", ".csproj"):
        yield from (_XML, _KEY_VALUE)
    yield _CONNECTION
