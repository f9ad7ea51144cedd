"""Who reaches whom: connections tried from the pods that run, as their applications would make them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab_helpers import CheckContext, CheckFailed, Unsettled, language
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.observe.timeline import phase_of
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import production
from labs.lab_06_expand import deployed

__all__ = ["NEW", "OPEN", "Attempt", "attempts", "paths", "table"]

_TARGETS = ("feed.prj-01:80", "db.prj-01:5432", "prj-02.prj-02:80", "prj-04.prj-04:80", "broker.prj-04:6379")
"""What is asked for a connection, each as ``service.namespace:port``."""

NEW = ("prj-04", "prj-02.prj-02:80")
"""The path that the learner opens."""

OPEN = frozenset(
    (
        ("prj-01", "feed.prj-01:80"),
        ("prj-01", "db.prj-01:5432"),
        ("prj-01", "broker.prj-04:6379"),
        ("prj-02", "db.prj-01:5432"),
        ("prj-02", "prj-02.prj-02:80"),
        ("prj-04", "db.prj-01:5432"),
        ("prj-04", "prj-04.prj-04:80"),
        ("prj-04", "broker.prj-04:6379"),
        NEW,
    )
)
"""The paths that are to be open, each from a project to a Service; all others are to be shut."""

_SECONDS = 3  # a connection within a cluster takes milliseconds
_PATIENCE_SECONDS = 30.0

_PYTHON = f"""
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def outcome(address):
    host, port = address.split(":")
    try:
        ip = socket.gethostbyname(host)
    except OSError:
        return "unknown name"
    try:
        socket.create_connection((ip, int(port)), {_SECONDS}).close()
    except TimeoutError:
        return "no answer"
    except OSError:
        return "connection refused"
    return "reached"

with ThreadPoolExecutor(16) as pool:
    print(json.dumps(list(pool.map(outcome, sys.argv[1:]))))
"""
_NODE = f"""
const {{ lookup }} = require('node:dns/promises');
const {{ connect }} = require('node:net');
const outcome = async (address) => {{
  const [host, port] = address.split(':');
  const ip = await lookup(host, 4).then((entry) => entry.address, () => '');
  if (!ip) return 'unknown name';
  return new Promise((done) => {{
    const socket = connect({{ host: ip, port, timeout: {_SECONDS}000 }});
    const end = (result) => {{ socket.destroy(); done(result); }};
    socket.once('connect', () => end('reached')).once('timeout', () => end('no answer'));
    socket.once('error', () => end('connection refused'));
  }});
}};
Promise.all(process.argv.slice(1).map(outcome)).then((all) => console.log(JSON.stringify(all)));
"""
_PROGRAMS = {
    "prj-01": ("python3", "-c", _PYTHON),
    "prj-02": ("node", "-e", _NODE),
    "prj-04": ("python3", "-c", _PYTHON),
}

_OUTCOMES = {
    "reached": gettext_noop("reached"),
    "connection refused": gettext_noop("connection refused"),
    "no answer": gettext_noop("no answer"),
    "unknown name": gettext_noop("unknown name"),
}


@dataclass(frozen=True)
class Attempt:
    """A connection that was tried.

    Attributes:
        source: The project whose pod tried it.
        target: The Service, as ``service.namespace:port``.
        outcome: ``reached``, ``connection refused``, ``no answer`` or ``unknown name``.
    """

    source: str
    target: str
    outcome: str

    @property
    def is_reached(self) -> bool:
        """Whether there was a connection."""
        return self.outcome == "reached"

    @property
    def is_to_be_open(self) -> bool:
        """Whether there should be one."""
        return (self.source, self.target) in OPEN


def attempts(lab: CheckContext) -> list[Attempt]:
    """Each project's connection to each Service, tried from one of its pods.

    Raises:
        CheckFailed: A project has no pod that is Ready.
    """
    return [attempt for project in deployed.PROJECTS for attempt in _attempts(lab, project)]


def paths(lab: CheckContext) -> Table:
    """Who reaches whom now.

    Raises:
        CheckFailed: A project has no pod that is Ready.
    """
    return table(attempts(lab))


def table(tried: Sequence[Attempt]) -> Table:
    """A row for each project, a column for each Service."""
    outcomes = {(attempt.source, attempt.target): language.gettext(_OUTCOMES[attempt.outcome]) for attempt in tried}
    rows = [[source, *(outcomes[source, target] for target in _TARGETS)] for source in deployed.PROJECTS]
    return Table([_("from"), *_TARGETS], rows)


def _attempts(lab: CheckContext, project: str) -> Iterator[Attempt]:
    pod = _pod(lab, project)
    executed = lab.client.exec(
        pod,
        [*_PROGRAMS[project], *_TARGETS],
        project,
        container=_container(lab, project),
        seconds=_PATIENCE_SECONDS,
    )
    if executed.returncode:
        raise Unsettled(
            _("an answer from {pod}").format(pod=pod),
            seen=executed.stderr.strip()[-200:] or _("none"),
            hint=_("What is tried is tried from pods that run."),
        )
    for target, outcome in zip(_TARGETS, json.loads(executed.stdout), strict=True):
        yield Attempt(project, target, outcome)


def _pod(lab: CheckContext, project: str) -> str:
    ready = [pod for pod in lab.client.list("pod", project, f"app={project}") if phase_of(pod) == "ready"]
    if not ready:
        production.rolled_out(lab, project)  # says what holds it up
        raise CheckFailed(
            _("a pod of {project} that is Ready, to ask from").format(project=project),
            seen=_("none"),
            hint=_("What is tried is tried from pods that run."),
            next_step=f"kubectl -n {project} get pods",
        )
    return str(ready[0]["metadata"]["name"])


def _container(lab: CheckContext, project: str) -> str:
    return str(production.deployment(lab, project)["spec"]["template"]["spec"]["containers"][0]["name"])
