"""What lies beside the source of an application: its repository, logic, settings, tests and README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab_helpers.language import gettext as _
from lab_helpers.language import ngettext
from lab_helpers.policy.checklists.checklist import Point, State
from lab_helpers.policy.checklists.evidence import Place, search, shortened
from lab_helpers.policy.checklists.subject import Subject
from lab_helpers.policy.files import File

__all__ = ["logic", "own_repository", "readme", "repository", "settings", "tests"]

_FEW_LINES = 5
_EXAMPLE = re.compile(
    r"(?:\.?env[._-](?:example|sample|template|dist|defaults?|schema)|(?:example|sample|template)\.env)$"
)
_NAMED = re.compile(r"^[ \t]*(?:#[ \t]*)?(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=", re.MULTILINE)
_READ = re.compile(
    r"""(?: os\.environ(?:\.get\(|\[)\s* | os\.getenv\(\s* | os\.Getenv\(\s* | os\.LookupEnv\(\s* | System\.getenv\(\s*
    | ENV(?:\.fetch\(|\[)\s* | env::var\(\s* | getenv\(\s* | GetEnvironmentVariable\(\s* | process\.env\[\s* )
    ["'](?P<quoted>[A-Z][A-Z0-9_]{2,})["'] | process\.env\.(?P<plain>[A-Z][A-Z0-9_]{2,})""",
    re.VERBOSE,
)
# What the system or a platform sets, not the one who deploys.
_OF_THE_SYSTEM = frozenset(
    [
        "CI",
        "HOME",
        "HOSTNAME",
        "LANG",
        "NODE_ENV",
        "PATH",
        "PWD",
        "SHELL",
        "TEMP",
        "TERM",
        "TMP",
        "TMPDIR",
        "TZ",
        "USER",
    ]
)
_TEST_CASE = re.compile(
    r"""\bdef\ test_\w | \b(?:it|test|describe|context|specify)\s*(?:\.\w+)?\(\s*["'`f]
    | \bfunc\ (?:Test|Fuzz|Benchmark)\w
    | ^[ \t]*@(?:Test|ParameterizedTest)\b | \#\[(?:\w+::)?test | \[(?:Fact|Theory|Test|TestMethod)\b
    | class\ \w+\(\w*\.?TestCase\) | \b(?:it|describe|context)\s+["'] | function\ test\w+\( | \bTEST(?:_F)?\(
    | \btest\s+" | class\ \w*(?:Spec|Suite)\b""",
    re.VERBOSE | re.MULTILINE,
)
_INTEGRATION_NAME = re.compile(
    r"integration|e2e|end[-_]to[-_]end|functional|acceptance|smoke|system|(?:^|/)[^/]*IT\.(?:java|kt)$"
)
_INTEGRATION = re.compile(
    r"""supertest | TestClient\( | httptest\.New | testcontainers | subprocess\. | \bspawn\( | exec\.Command
    | @SpringBootTest
    | WebApplicationFactory | createServer | \.listen\( | \bfetch\( | requests\.(?:get|post) | httpx\. | urlopen
    | AsyncClient | psycopg\.connect | create_engine | \bclient\.(?:get|post) | self\.client\. | rack/test
    | test_client\(
    | Process\.Start | playwright | cypress | net\.Listen | docker | redis""",
    re.VERBOSE | re.IGNORECASE,
)
_RUN_HEADING = re.compile(
    r"run|start|usage|use|develop|local|install|set ?up|build|실행|시작|사용|개발|설치|빌드|로컬", re.IGNORECASE
)
_LEAST_WORDS = 6


def repository(subject: Subject) -> Iterator[Point]:
    """Whether it is a Git repository of its own, and not a part of another."""
    yield own_repository(subject.root)


def own_repository(directory: Path) -> Point:
    """Whether a directory is a Git repository of its own."""
    statement, root = _("it is a Git repository of its own"), directory.resolve()
    holder = next((place for place in (root, *root.parents) if (place / ".git").exists()), None)
    if holder == root:
        return Point(statement, State.TICKED, Place(".git"))
    if holder is None:
        return Point(statement, State.OPEN, None, f"git -C {directory} init")
    part = root.relative_to(holder).as_posix()
    command = f"git -C {holder} subtree split --prefix {part} -b {root.name}"
    step = _("take it out with its history: {command}").format(command=command)
    return Point(statement, State.OPEN, None, step)


def logic(subject: Subject) -> Iterator[Point]:
    """Whether there is source code that does something."""
    sizes = {file.path: sum(not line.isspace() for line in filter(None, file.lines)) for file in subject.code}
    largest = max(sizes, key=lambda path: (sizes[path], path), default="")
    text = ngettext("{count} line of code", "{count} lines of code", sum(sizes.values())).format(
        count=sum(sizes.values())
    )
    place = Place(largest, 0, text) if sum(sizes.values()) >= _FEW_LINES else None
    yield Point.of(_("there is source code that runs"), place, _("write it, in src/ or where the language has it"))


def settings(subject: Subject) -> Iterator[Point]:
    """Whether the schema of its settings is there, and names what the source reads."""
    examples = [file for file in subject.files if _EXAMPLE.search(file.name.lower())]
    names = {match["name"] for file in examples for match in _NAMED.finditer(file.text)}
    count = ngettext("{count} variable", "{count} variables", len(names)).format(count=len(names))
    place = Place(min(examples, key=lambda file: file.path.count("/")).path, 0, count) if names else None
    step = _("write .env.example: a line NAME= for each variable, with a comment that says what it is, and no value")
    yield Point.of(_(".env.example is the schema of its settings"), place, step)
    if place is not None:
        yield _complete(subject, place, names)


def tests(subject: Subject) -> Iterator[Point]:
    """Whether there are tests, and whether some of them start the real thing."""
    cases = [file for file in (*subject.tests, *subject.code) if _TEST_CASE.search(file.text)]
    step = _("write tests of the functions that reckon something, where the language has them")
    yield Point.of(_("there are tests"), search(cases, _TEST_CASE), step)
    named = next((Place(file.path) for file in cases if _INTEGRATION_NAME.search(file.path)), None)
    step = _("write a test that starts the application, or asks it as a client does")
    yield Point.of(_("some of them are integration tests"), named or search(subject.tests, _INTEGRATION), step)


def readme(subject: Subject) -> Iterator[Point]:
    """Whether a README says what it is, and how to run it here."""
    files = [file for file in subject.files if re.match(r"readme(\.|$)", file.name.lower())]
    file = min(files, key=lambda each: (each.path.count("/"), len(each.path)), default=None)
    described = _description(file) if file else None
    yield Point.of(
        _("the README says what it is"), described, _("begin README.md with what it does, in a sentence or two")
    )
    step = _("write a section of README.md with the commands that start it on a laptop, to be pasted")
    yield Point.of(_("the README says how to run it locally"), _run_section(file) if file else None, step)


def _complete(subject: Subject, place: Place, names: set[str]) -> Point:
    statement = _("it names every variable that the source reads")
    baked = subject.dockerfile.instructions if subject.dockerfile else ()
    defined = _OF_THE_SYSTEM | {
        name for each in baked if each.word in ("ENV", "ARG") for name in re.findall(r"(\w+)[= ]?", each.rest)
    }
    for file in subject.code:
        for match in _READ.finditer(file.text):
            name = match["quoted"] or match["plain"]
            if name not in names | defined:
                number = file.line_of(match.start())
                step = _("add {name} to {file}").format(name=name, file=place.file)
                return Point(statement, State.OPEN, Place(file.path, number, shortened(file.lines[number - 1])), step)
    return Point(statement, State.TICKED, place)


def _description(file: File) -> Place | None:
    for number, line in enumerate(file.lines, 1):
        text = re.sub(r"!\[[^\]]*\]\([^)]*\)|<[^>]+>", "", line)
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).strip()
        if (
            text
            and text[0] not in "#`|=-!>[{"
            and (len(text.split()) >= _LEAST_WORDS or re.search(r"[가-힣].{15}", text))
        ):
            return Place(file.path, number, shortened(text))
    return None


def _run_section(file: File) -> Place | None:
    """A heading about running it with a command below, before the next heading of the same rank."""
    heading: Place | None = None
    rank, is_code = 0, False
    for number, line in enumerate(file.lines, 1):
        if re.match(r"\s*(?:```|~~~)", line):
            is_code = not is_code
            if is_code and heading:
                return heading
            continue
        match = None if is_code else re.match(r"(#+)\s+(.*)", line)
        if match and _RUN_HEADING.search(match[2]):
            heading, rank = Place(file.path, number, shortened(line)), len(match[1])
        elif match and len(match[1]) <= rank:
            heading = None
        elif heading and re.match(r"(?: {4}|\t)\S", line):
            return heading
    return None
