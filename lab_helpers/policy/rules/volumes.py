"""Where data lies is decided where volumes are mounted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy import contexts, serving
from lab_helpers.policy.compose import is_compose
from lab_helpers.policy.env_files import is_env_file
from lab_helpers.policy.files import File
from lab_helpers.policy.kind import Kind, is_dockerfile, is_manifest, is_of_chart, is_source
from lab_helpers.policy.registry import Violation, rule
from lab_helpers.policy.repository import Part

_PATH = r"(?:file:|sqlite:///|jdbc:\w+:)?/(?:data|mnt|srv|nfs|volumes?\d*|persistent|opt/[\w-]+/data|var/data)(?:/[\w.@{}$%*-]+)*/?"
# Of a user on one server; in source more often a directory in the image.
_HOME = r"/home/(?!app\b|appuser\b|node\b|nonroot\b|runner\b|user\b)[\w-]+(?:/[\w.-]+)+/?"
_QUOTED = re.compile(rf"""(?P<quote>["'`])(?P<path>{_PATH})(?P=quote)""")
_PLAIN = re.compile(
    rf"""^[\s-]*(?:export\s+)?["']?(?P<name>[\w.-]+)["']?\s*[:=]\s*["']?(?P<path>{_PATH}|{_HOME})["']?,?\s*(?:#.*)?$"""
)
_OPENS = re.compile(
    r"""\bopen\s*\( | \bPath\s*\( | path\.(?:join|resolve|exists|isdir|isfile|dirname)\( | \bfs\.\w+\( | (?:read
    |write|append|create|copy|
    unlink|mk|rm|stat|exists|access|open|rename)(?:File|Dir|ReadStream|WriteStream)?(?:Sync|s|Sync)?\(
    | mkdirs?\( | makedirs\( | new\ File\w*\(
    | Paths\.get\( | Path\.of\( | \bos\.(?:Open|Create|Mkdir|MkdirAll|ReadFile|WriteFile|Stat|listdir|walk|chdir
    |remove|rename)\w*\(
    | ioutil\.\w+\( | filepath\.\w+\( | \bFile\.\w+ | \bDir\.\w+ | FileUtils | file_(?:put|get)_contents\(
    | fopen\( | to_(?:csv|parquet|json)\(
    | read_(?:csv|parquet|json)\( | sqlite | shutil\.\w+\( | glob\( | Stream(?:Writer|Reader)\(
    | Directory\.\w+\( | FileHandler\( | diskStorage
    | express\.static\( | sendFile\( | destination: | \bchdir\( | listdir\( | savefig\( | \.save\( | \.dump\(""",
    re.VERBOSE,
)
_IS_PLACE = re.compile(
    r"(?:dirs?|director(?:y|ies)|paths?|roots?|folders?|files?|locations?|storage|volumes?|mount|uploads?|store|db|database)$",
    re.I,
)
_CONFIGURATION = re.compile(r"\.(?:ya?ml|json5?|toml|ini|cfg|conf|properties|sh|bash)$", re.IGNORECASE)
_IS_ROUTE = re.compile(
    r"(?:url|uri|route|router|endpoint|href|link|src|prefix|context|base_?path|public_?path|api|pathname)", re.I
)
_ASSIGNED = re.compile(
    r"""(?P<name>[A-Za-z_$][\w$]*)["'\])]*\s*(?::\s*[\w<>\[\]| .]+=|\sstring\s*=|=>|:=|=|:)\s*(?:[\w.]+\(\s*)*$"""
)
_IS_SETTING = re.compile(
    r"environ|getenv|process\.env|\bENV\b|\benv\(|env\.str|\$\{|add_argument|Option\(|@click|argparse|viper|flag\.|\.String(?:Var)?P?\(|Field\(|@Value|"
    r"config\.get|config\(|settings\.|GetEnv|get_env|\.default\(|defaults?\b",
    re.IGNORECASE,
)


@rule(
    "app-volume-path",
    section="1.1",
    kinds=[Kind.APP, Kind.COMBINED],
    title=gettext_noop("An App repository does not say where volumes are mounted"),
    why=gettext_noop(
        "The manifest that mounts the volume and the source must then agree on a path that neither can check."
    ),
    fix=gettext_noop("Make the path a setting (DATA_DIR), and set it where the volume is mounted."),
)
def volume_paths(part: Part) -> Iterator[Violation]:
    """Paths of volumes as literals, where they are no setting's default."""
    for file in part.files:
        if _is_judged(file):
            for number, line in enumerate(file.lines, 1):
                path = _path_in(line, file)
                if path is not None and not contexts.is_comment(file, number):
                    yield Violation(file.path, number, _("the path of a volume as a literal"), path)


def _is_judged(file: File) -> bool:
    if not any(
        text in file.text
        for text in ("/data", "/mnt", "/srv", "/nfs", "/volume", "/persistent", "/var/", "/home/", "/opt/")
    ):
        return False
    is_elsewhere = (
        is_env_file(file)
        or is_manifest(file)
        or is_of_chart(file)
        or is_compose(file)
        or is_dockerfile(file)
        or serving.is_configuration(file)
    )
    excuses = (
        contexts.is_test,
        contexts.is_local,
        contexts.is_generated,
        contexts.is_translation,
        contexts.is_prose,
        contexts.is_ci,
        contexts.is_tooling,
    )
    return not is_elsewhere and not any(is_excused(file) for is_excused in excuses)


def _path_in(line: str, file: File) -> str | None:
    """The path of a volume in a line that uses it as one."""
    if len(line) > 500 or "/" not in line:
        return None
    if not is_source(file):
        if not _CONFIGURATION.search(file.name):
            return None
        match = _PLAIN.match(line)
        is_place = match is not None and _IS_PLACE.search(match["name"]) and not _IS_ROUTE.search(match["name"])
        return match["path"] if match is not None and is_place and "${" not in line else None
    if _IS_SETTING.search(line):
        return None
    for match in _QUOTED.finditer(line):
        before = line[: match.start()]
        named = _ASSIGNED.search(before)
        is_place = named is not None and _is_place(named["name"], file)
        if is_place or _OPENS.search(before) or match["path"].startswith("sqlite"):
            return match["path"]
    return None


def _is_place(name: str, file: File) -> bool:
    is_script = file.suffix in (".js", ".jsx", ".ts", ".tsx", ".vue", ".mjs", ".svelte")
    return (
        _IS_PLACE.search(name) is not None and not _IS_ROUTE.search(name) and not (is_script and name.lower() == "path")
    )
