"""Resolve each variable of an application: the level that wins, the file and line, and what a cluster runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from lab_helpers.configuration import chart, deployed, running, schema
from lab_helpers.configuration.deployed import Workload
from lab_helpers.configuration.levels import Level, Setting
from lab_helpers.configuration.places import Places
from lab_helpers.configuration.running import Running
from lab_helpers.configuration.schema import Variable
from lab_helpers.policy.credentials import is_credential_name
from lab_helpers.redact import Redactor

__all__ = ["MASK", "Finding", "Row", "Survey", "survey"]

MASK = "********"
"""What stands for a secret; as long as no secret in particular."""


class Finding(StrEnum):
    """What is wrong with a variable."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    DRIFT = "drift"
    STALE = "stale"
    UNMADE = "unmade"


@dataclass(frozen=True)
class Row:
    """A variable, with no secret in it.

    Attributes:
        name: The variable.
        value: What the files say, ``MASK`` of a secret; None where they say nothing.
        level: The level that wins; None where none sets it.
        place: File and line of it; empty where none sets it.
        default: What the application takes where none does.
        overridden: The levels below that also set it.
        runs: What the cluster runs, ``MASK`` of a secret; None where it sets nothing, or no cluster was asked.
        is_secret: Whether its value is masked.
        findings: What is wrong.
    """

    name: str
    value: str | None
    level: Level | None
    place: str
    default: str
    overridden: tuple[Level, ...]
    runs: str | None
    is_secret: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Survey:
    """The configuration of an application in one environment.

    Attributes:
        app: The application.
        environment: The environment.
        repository: The Deploy repository, which places are relative to.
        workload: What runs it, as ``deployment/web``.
        namespace: Where.
        rows: Its variables: those of its schema in their order, then those it does not know.
        is_running: Whether a cluster was found that runs it.
        is_helms: Whether Helm deployed it there.
    """

    app: str
    environment: str
    repository: Path
    workload: str
    namespace: str
    rows: tuple[Row, ...]
    is_running: bool
    is_helms: bool

    def rows_with(self, finding: Finding) -> list[Row]:
        """The variables of which something is wrong."""
        return [row for row in self.rows if finding in row.findings]


def survey(places: Places, options: Sequence[str] | None = ()) -> Survey:
    """Resolve the configuration of an application.

    Args:
        places: Where its schema and the Deploy repository lie, and which environment is asked for.
        options: Options of kubectl that say which cluster to ask; without any the current context's, None for none.

    Raises:
        LabError: The overlay cannot be built, or does not run the application.
    """
    known = schema.variables(places.schema)
    workload = deployed.workload(places)
    live = running.running(workload, options) if options is not None else None
    stacks = _stacks(workload, chart.settings(places), live)
    set_names = {*stacks, *(live.values if live else ())}
    rows = [_row(name, known.get(name), stacks.get(name, ()), live) for name in (*known, *sorted(set_names - {*known}))]
    redactor = Redactor(_secrets(rows, stacks, live))
    rows = [replace(row, value=redactor.tree(row.value), runs=redactor.tree(row.runs)) for row in rows]
    title = f"{workload.kind.lower()}/{workload.name}"
    return Survey(
        places.app,
        places.environment,
        places.deploy,
        title,
        workload.namespace,
        tuple(rows),
        is_running=live is not None,
        is_helms=live is not None and live.is_helms,
    )


def _stacks(workload: Workload, helm: Mapping[str, Setting], live: Running | None) -> dict[str, tuple[Setting, ...]]:
    """What sets each variable, the winner last."""
    stacks: dict[str, tuple[Setting, ...]] = {}
    for source in workload.sources:
        settings = dict(source.settings)
        is_charts = source.kind == "ConfigMap" and source.name == f"{workload.name}-config"
        above = _effective(helm, settings, live) if is_charts else {}
        for name, setting in (*settings.items(), *above.items()):
            stacks[name] = (*stacks.get(name, ()), setting)
    return stacks


def _effective(helm: Mapping[str, Setting], below: Mapping[str, Setting], live: Running | None) -> dict[str, Setting]:
    """Which values of a chart set something: all where Helm deployed it, none where kubectl did.

    Where no cluster says who did, those which say something else than the levels below: a chart repeats the rest.
    """
    if live is not None:
        return dict(helm) if live.is_helms else {}
    return {name: each for name, each in helm.items() if name not in below or below[name].value != each.value}


def _row(name: str, variable: Variable | None, stack: tuple[Setting, ...], live: Running | None) -> Row:
    setting = stack[-1] if stack else None
    running_value = live.values.get(name) if live is not None else None
    is_secret = (
        any(each.level is Level.SECRET for each in stack)
        or (variable is not None and variable.is_secret)
        or (live is not None and name in live.secrets)
        or is_credential_name(name)
    )
    return Row(
        name,
        _shown(setting.value if setting else None, is_secret=is_secret, is_set=setting is not None),
        setting.level if setting else None,
        _place(setting),
        variable.default if variable else "",
        tuple(each.level for each in stack[:-1]),
        _shown(running_value, is_secret=is_secret, is_set=running_value is not None),
        is_secret,
        tuple(_findings(name, variable, setting, running_value, live)),
    )


def _secrets(rows: Iterable[Row], stacks: Mapping[str, tuple[Setting, ...]], live: Running | None) -> Iterator[str]:
    """The values of secrets, which may stand in another variable, too: a password in an address."""
    for name in (row.name for row in rows if row.is_secret):
        yield from (setting.value for setting in stacks.get(name, ()) if setting.value)
        if live is not None and name in live.values:
            yield live.values[name]


def _shown(value: str | None, *, is_secret: bool, is_set: bool) -> str | None:
    if not is_set:
        return None
    return MASK if is_secret or value is None else value


def _place(setting: Setting | None) -> str:
    if setting is None:
        return ""
    return f"{setting.file}:{setting.line}" if setting.line else setting.file


def _findings(
    name: str, variable: Variable | None, setting: Setting | None, runs: str | None, live: Running | None
) -> Iterator[Finding]:
    if variable is None:
        yield Finding.UNKNOWN
    if setting is None and variable is not None and variable.is_required:
        yield Finding.MISSING
    if setting is not None and not setting.line and runs is None:
        yield Finding.UNMADE
    if live is None:
        return
    expected = setting.value if setting is not None else None
    if (expected is not None and runs != expected) or (setting is None) != (runs is None):
        yield Finding.DRIFT
    if runs is not None and live.started_with and live.started_with.get(name) != runs:
        yield Finding.STALE
