"""What an application does while it runs: the routes that probes ask, and what it makes of SIGTERM."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lab_helpers.language import gettext as _
from lab_helpers.policy.checklists.checklist import Point, State
from lab_helpers.policy.checklists.evidence import Place, code_of, search, shortened
from lab_helpers.policy.checklists.subject import Subject
from lab_helpers.policy.files import File

__all__ = ["probes", "shutdown"]

_HEALTH = r"health|healthz|healthcheck|health-check|livez?|liveness|alive"
_READY = r"ready|readyz|readiness"
# A path in quotes or in a pattern: "/health", "GET /health", "/api/v1/healthz", /^\\/health$/; no URL of another host.
_PATH = r"""["'`/](?:[A-Z]+\s+)?\^?(?:\\?/[\w.{{}}:-]+)*\\?/(?:{names})/?\$?["'`/]"""
# Frameworks that write a path without its first slash.
_BARE = r"""(?i:path|url|route|get|map\w*|handle\w*|controller)\b\s*[(:]?\s*r?["']\^?(?:[\w-]+/)*(?:{names})/?\$?["']"""
# What stands beside it where it is served, rather than only spoken of.
_ROUTE = re.compile(
    r"""(?:get|route|path|handle|map|use|controller|endpoint|match)\w*\s*[!(<:] | \bget\s+["'] | \bcase\b | == | =>""",
    re.IGNORECASE | re.VERBOSE,
)
# Both at once: the protocol of gRPC, and what frameworks bring along.
_BOTH = re.compile(
    r"grpc[._]health | HealthServicer | health\.NewServer\( | grpc-health-probe | tonic_health | HealthCheckService",
    re.VERBOSE,
)
_FRAMEWORKS = re.compile(
    r"spring-boot-starter-actuator|quarkus-smallrye-health|micronaut-management|helidon-health|lightship"
    r"|@godaddy/terminus|heptiolabs/healthcheck"
)
# Whoever asks a path does not serve it.
_ASKS = r"""fetch\(|axios|requests\.(?:get|post)|http\.Get\(|urlopen\(|HttpClient|curl\ |wget\ |urljoin\(
    |new\ URL\(|\.uri\(|\b(?:session|client|httpx?|https|superagent|got|ky)\.(?:get|head|request)\(|\b(?:got|ky)\(
    |getForObject|[\w)\]]\s*\+\s*["'`]/"""
_CLIENT = re.compile(_ASKS, re.VERBOSE)
# Nor does a name that is given to it: it may be a client's as well.
_NAMED = (
    r"""^\s*(?:(?:export|const|let|var|final|static|public|private|String)\s+)*(?P<name>\w+)(?:\s*:\s*\w+)?\s*:?="""
)
_CLIENT_OR_NAME = re.compile(rf"{_ASKS}|{_NAMED}\s*[\"'`][^\"'`]*[\"'`]\s*[;,]?\s*$", re.VERBOSE)
_LISTENS = re.compile(
    r"""\.listen\( | ListenAndServe | serve_forever | createServer | HTTPServer\( | uvicorn | gunicorn | hypercorn
    | flask | fastapi | aiohttp\.web | django | express\( | WebApplication\.Create | SpringApplication\.run
    | actix_web | axum
    | Sinatra | rackup | Rails\.application | grpc\.NewServer | http\.Serve\( | app\.run\(""",
    re.VERBOSE | re.IGNORECASE,
)
_JOB = re.compile(
    r"\bCron ?Job\b|\bbatch (?:job|work)|\b(?:runs|run) (?:once|to completion)\b|배치 (?:작업|잡)", re.IGNORECASE
)

_SIGTERM = re.compile(r"\bSIGTERM\b")
_REGISTERS = re.compile(
    r"""signal\.signal\( | add_signal_handler\( | signal\.Notify | process\.(?:on|once)\( | sigaction | pcntl_signal\(
    | \bsignal\( | Signal\.handle\( | \bsignal_hook | Signals::new | open_signal_receiver""",
    re.VERBOSE,
)
# Frameworks and libraries whose very use is to handle it.
_HANDLES = re.compile(
    r"""SignalKind::terminate | \btrap\b.*\bTERM\b | addShutdownHook | enableShutdownHooks | Signal\.trap\(
    | http-terminator
    | @godaddy/terminus | lightship | stoppable\( | PosixSignalRegistration | ApplicationStopping | BackgroundService
    | IHostApplicationLifetime | @PreDestroy | with_graceful_shutdown""",
    re.VERBOSE,
)
_SETTINGS = re.compile(
    r"""server[.\s]*:?\s*shutdown\s*[:=]\s*["']?graceful|quarkus\.shutdown\.timeout|shutdown:\s*graceful"""
)
# Servers that drain on SIGTERM by themselves, where they are what the image starts.
_SERVERS = re.compile(
    r"(?:^|/)(?:uvicorn|gunicorn|hypercorn|granian|daphne|waitress-serve|puma|unicorn|nginx|httpd|apache2-foreground"
    r"|php-fpm\d*|caddy|fastapi)$"
)
_BETWEEN = re.compile(r"(?:^|/)(?:ba|da|z)?sh$|(?:^|/)(?:npm|npx|yarn|pnpm|poetry|pipenv)$")


def probes(subject: Subject) -> Iterator[Point]:
    """Whether it answers the probes for liveness and readiness; a job that ends is asked by nobody."""
    health, ready = (_served(subject, names) for names in (_HEALTH, _READY))
    job = None if health or ready or _serves(subject) else _job(subject)
    for statement, place, path in (
        (_("/health says that the process lives"), health, "/health"),
        (_("/ready says whether it can take requests"), ready, "/ready"),
    ):
        if job:
            yield Point(_("{what}: not needed by a job that ends").format(what=statement), State.NOT_NEEDED, job)
        else:
            step = _(
                "answer GET {path} in the source; what a library serves by itself cannot be told. Of a job that ends, "
                "let the README say so"
            )
            yield Point.of(statement, place, step.format(path=path))


def shutdown(subject: Subject) -> Iterator[Point]:
    """Whether SIGTERM reaches the process, and whether it does something about it."""
    step = _("handle SIGTERM: take nothing new, finish what is begun, exit 0")
    yield Point.of(_("SIGTERM is handled"), _handled(subject), step)
    yield _reaches(subject)


def _served(subject: Subject, names: str) -> Place | None:
    patterns = [re.compile(form.format(names=names)) for form in (_PATH, _BARE)]
    listening = {file.directory for file in subject.code if search([file], _LISTENS)}
    beside = [file for file in subject.code if file.directory in listening]
    return (
        search(subject.code, *patterns, beside=_ROUTE, without=_CLIENT_OR_NAME)
        or search(subject.code, _BOTH)
        or search(beside, *patterns, without=_CLIENT_OR_NAME)
        or _by_name(beside, patterns)
        or search(_manifests_of_dependencies(subject), _FRAMEWORKS)
    )


def _by_name(files: Sequence[File], patterns: Sequence[re.Pattern[str]]) -> Place | None:
    """Where a path is served under the name that it was given."""
    for file in files:
        for line in file.lines:
            named = re.match(_NAMED, line)
            if named and any(pattern.search(line) for pattern in patterns):
                use = re.compile(rf"[(\[,=]\s*{re.escape(named['name'])}\b")
                place = search(files, use, beside=_ROUTE, without=_CLIENT)
                if place is not None:
                    return place
    return None


def _manifests_of_dependencies(subject: Subject) -> Iterator[File]:
    names = ("pom.xml", "build.gradle", "build.gradle.kts", "package.json", "go.mod")
    return (code_of(file) for file in subject.files if file.name in names)


def _serves(subject: Subject) -> bool:
    exposes = subject.dockerfile is not None and subject.dockerfile.last("EXPOSE") is not None
    return exposes or search(subject.code, _LISTENS) is not None


def _job(subject: Subject) -> Place | None:
    """Where the repository says that it is a job."""
    for file in sorted(subject.files, key=lambda each: each.path.count("/")):
        if file.name.lower().startswith("readme"):
            for number, line in enumerate(file.lines, 1):
                if _JOB.search(line):
                    return Place(file.path, number, shortened(line))
    return None


def _handled(subject: Subject) -> Place | None:
    settings = (code_of(file) for file in subject.files if file.suffix in (".yml", ".yaml", ".properties"))
    # A package may keep the list of signals apart; to name one only to send it to others is another thing.
    packages = {file.directory for file in subject.code if search([file], _SIGTERM)}
    files = [file for file in subject.code if file.directory in packages]
    registered = search(files, _REGISTERS, beside=_SIGTERM) or search(files, _REGISTERS)
    return registered or search(subject.code, _HANDLES) or search(settings, _SETTINGS) or _server(subject)


def _server(subject: Subject) -> Place | None:
    dockerfile = subject.dockerfile
    if dockerfile is None:
        return None
    # `python -m uvicorn main:app` is one, too.
    program = next((word for word in dockerfile.program[:3] if _SERVERS.search(word)), None)
    instruction = dockerfile.last("ENTRYPOINT") or dockerfile.last("CMD")
    if program is None or instruction is None:
        return None
    return dockerfile.place(instruction)


def _reaches(subject: Subject) -> Point:
    statement = _("the program is what the image starts, with nothing between it and the signal")
    dockerfile = subject.dockerfile
    started = dockerfile.last("CMD") or dockerfile.last("ENTRYPOINT") if dockerfile else None
    if dockerfile is None or started is None:
        step = _('say in the Dockerfile what the image starts: CMD ["node", "src/main.js"]')
        return Point(statement, State.OPEN, None, step)
    place = dockerfile.place(started)
    program = dockerfile.program
    is_replaced = any(re.search(r"\bexec\b", word) for word in program[2:])
    if program and (is_replaced or not _BETWEEN.search(program[0])):
        return Point(statement, State.TICKED, place)
    step = _('write the program itself, as a list: CMD ["node", "src/main.js"]; a shell or npm keeps SIGTERM to itself')
    return Point(statement, State.OPEN, place, step)
