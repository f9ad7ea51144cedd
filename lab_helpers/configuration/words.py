"""A survey in words for people, and as a record for programs; neither holds a secret, for a survey has none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

from lab_helpers import language
from lab_helpers.configuration.levels import Level
from lab_helpers.configuration.survey import Finding, Row, Survey
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop

__all__ = ["cells", "headings", "lines", "record", "remarks", "summary"]

_LEVELS = {
    Level.BASE: gettext_noop("base"),
    Level.OVERLAY: gettext_noop("overlay"),
    Level.HELM: gettext_noop("Helm values"),
    Level.SECRET: gettext_noop("secret"),
}
_REMARKS = {
    Finding.MISSING: gettext_noop("missing: it is required, and no level sets it"),
    Finding.UNKNOWN: gettext_noop("unknown: the application's .env.example does not name it"),
    Finding.DRIFT: gettext_noop("drift: the cluster does not run what the files say"),
    Finding.STALE: gettext_noop("stale: a pod started before it was changed, and keeps the value of its start"),
    Finding.UNMADE: gettext_noop("not made here: setup_env_secure.sh makes the file"),
}


def headings(survey: Survey) -> list[str]:
    """What the columns are."""
    runs = [_("the cluster runs")] if survey.is_running else []
    return [_("variable"), _("value"), _("level"), *runs, _("from")]


def cells(row: Row, survey: Survey) -> list[str]:
    """A variable as a row below those."""
    runs = [row.runs if row.runs is not None else "–"] if survey.is_running else []
    return [row.name, _value(row), _level(row), *runs, row.place]


def _value(row: Row) -> str:
    if row.value is not None:
        return row.value
    return _("default: {value}").format(value=row.default) if row.default else "–"


def _level(row: Row) -> str:
    if row.level is None:
        return "–"
    name = f"{row.level} {language.gettext(_LEVELS[row.level])}"
    if not row.overridden:
        return name
    return _("{level}, over {levels}").format(level=name, levels=", ".join(str(int(each)) for each in row.overridden))


def remarks(row: Row) -> list[str]:
    """What is wrong with a variable, a sentence each."""
    return [language.gettext(_REMARKS[finding]) for finding in row.findings]


def summary(survey: Survey) -> str:
    """How much is wrong, and what was asked."""
    counts = _("{missing} missing, {unknown} unknown").format(
        missing=len(survey.rows_with(Finding.MISSING)), unknown=len(survey.rows_with(Finding.UNKNOWN))
    )
    if not survey.is_running:
        return _("{counts}; no cluster was asked, or it does not run {workload}").format(
            counts=counts, workload=survey.workload
        )
    by = "helm" if survey.is_helms else "kubectl"
    return _("{counts}, {drift} drifted from what {by} deployed").format(
        counts=counts, drift=len(survey.rows_with(Finding.DRIFT)), by=by
    )


def lines(survey: Survey) -> Iterator[str]:
    """A survey as a table, what is wrong below it, and how much of it there is."""
    yield f"{survey.app}, {survey.environment}: {survey.workload} ({survey.namespace}), {survey.repository}"
    table = [headings(survey), *(cells(row, survey) for row in survey.rows)]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for columns in table:
        yield _line(columns, widths)
    for row in survey.rows:
        for remark in remarks(row):
            yield f"! {row.name}: {remark}"
    yield summary(survey)


def _line(columns: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text + " " * (width - _width(text)) for text, width in zip(columns, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def record(survey: Survey) -> dict[str, object]:
    """A survey as JSON has it."""
    return {
        "app": survey.app,
        "environment": survey.environment,
        "repository": str(survey.repository),
        "workload": survey.workload,
        "namespace": survey.namespace,
        "cluster": {"asked": survey.is_running, "helm": survey.is_helms},
        "variables": [
            {
                "name": row.name,
                "value": row.value,
                "secret": row.is_secret,
                "level": row.level,
                "from": row.place,
                "overrides": list(row.overridden),
                "default": row.default,
                "runs": row.runs,
                "findings": list(row.findings),
            }
            for row in survey.rows
        ],
    }
