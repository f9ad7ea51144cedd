"""The four levels in their order, what is missing, unknown or drifted; and no secret's value, wherever it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from lab_helpers.configuration import words
from lab_helpers.configuration.levels import Level
from lab_helpers.configuration.survey import MASK, Finding
from tests.unit.configuration.conftest import SOURCES, Template

Live = Callable[..., None]
Values = Mapping[str, str]

BASE, OVERLAY, HELM = {"LOG_LEVEL": "info", "UNIT_PRICE": "1"}, {"LOG_LEVEL": "debug"}, {"LOG_LEVEL": "warn"}
SECRET = {"LOG_LEVEL": "error"}
HELMS = {"app.kubernetes.io/managed-by": "Helm"}


@pytest.mark.parametrize(
    ("levels", "winner", "overridden", "value"),
    [
        ((BASE,), Level.BASE, (), "info"),
        ((BASE, OVERLAY), Level.OVERLAY, (), "debug"),
        ((BASE, OVERLAY, HELM), Level.HELM, (Level.OVERLAY,), "warn"),
        ((BASE, {}, HELM), Level.HELM, (Level.BASE,), "warn"),
        ((BASE, OVERLAY, HELM, SECRET), Level.SECRET, (Level.OVERLAY, Level.HELM), MASK),
        ((BASE, OVERLAY, {}, SECRET), Level.SECRET, (Level.OVERLAY,), MASK),
        ((BASE, {}, {}, SECRET), Level.SECRET, (Level.BASE,), MASK),
    ],
)
def test_the_later_level_wins(
    template: Template, levels: tuple[Values, ...], winner: Level, overridden: tuple[Level, ...], value: str
) -> None:
    template.configure(**dict(zip(("base", "overlay", "helm", "secret"), levels, strict=False)))
    row = template.row("LOG_LEVEL")
    assert (row.level, row.overridden, row.value) == (winner, overridden, value)


def test_where_a_value_stands_is_named_by_file_and_line(template: Template) -> None:
    template.configure(BASE, OVERLAY, {}, {"OTHER": "x", "API_KEY": "y"})
    assert template.row("UNIT_PRICE").place == "k8s/base/configmaps/web-config.yaml:6"
    assert template.row("LOG_LEVEL").place == "k8s/overlays/staging/patch.yaml:5"
    assert template.row("API_KEY").place == "k8s/overlays/staging/secrets/web.env:2"
    template.configure(BASE, OVERLAY, HELM)
    assert template.row("LOG_LEVEL").place == "helm/apps/web/values.yaml:1"


def test_an_environments_values_come_after_the_charts(template: Template) -> None:
    template.configure(BASE, OVERLAY, HELM)
    template.write("helm/apps/web/values-staging.yaml", "config:\n  LOG_LEVEL: error\n")
    row = template.row("LOG_LEVEL")
    assert (row.value, row.place) == ("error", "helm/apps/web/values-staging.yaml:2")


def test_a_chart_that_repeats_a_level_below_does_not_win(template: Template) -> None:
    template.configure(BASE, OVERLAY, OVERLAY)
    assert template.row("LOG_LEVEL").level is Level.OVERLAY


@pytest.mark.parametrize(
    ("labels", "helm", "winner", "overridden", "value"),
    [
        ({}, HELM, Level.OVERLAY, (), "debug"),
        (HELMS, HELM, Level.HELM, (Level.OVERLAY,), "warn"),
        (HELMS, OVERLAY, Level.HELM, (Level.OVERLAY,), "debug"),
    ],
)
def test_who_deployed_it_says_whether_the_chart_counts(
    template: Template,
    live: Live,
    labels: Values,
    helm: Values,
    winner: Level,
    overridden: tuple[Level, ...],
    value: str,
) -> None:
    template.configure(BASE, OVERLAY, helm)
    live({**BASE, "LOG_LEVEL": value}, {}, labels)
    row = template.row("LOG_LEVEL", ())
    assert (row.level, row.overridden, row.value) == (winner, overridden, value)
    assert row.findings == ()


def test_of_two_sources_the_pods_last_wins_as_in_the_pod(template: Template) -> None:
    template.configure(BASE, secret=SECRET)
    template.take_from(*reversed(SOURCES))
    assert template.row("LOG_LEVEL").level is Level.BASE


def test_what_is_missing_and_what_nobody_knows_is_said(template: Template) -> None:
    template.configure({"LOG_LEVELS": "debug"}, secret={})
    survey = template.survey()
    assert [row.name for row in survey.rows_with(Finding.MISSING)] == ["UNIT_PRICE"]
    assert [row.name for row in survey.rows_with(Finding.UNKNOWN)] == ["LOG_LEVELS"]
    assert (template.row("LOG_LEVEL").value, template.row("LOG_LEVEL").default) == (None, "info")


def test_a_secret_that_was_not_made_yet_is_no_missing_one(template: Template) -> None:
    template.configure(secret=None)
    row = template.row("API_KEY")
    assert (row.level, row.place) == (Level.SECRET, "k8s/overlays/staging/secrets/web.env")
    assert row.findings == (Finding.UNMADE,)


def test_a_sealed_secret_is_the_fourth_level(template: Template) -> None:
    template.write("k8s/overlays/staging/secrets/kustomization.yaml", _SEALED_COMPONENT)
    template.write("k8s/overlays/staging/secrets/sealed.yaml", _SEALED)
    row = template.row("API_KEY")
    assert (row.level, row.value, row.findings) == (Level.SECRET, MASK, ())
    assert row.place == "k8s/overlays/staging/secrets/sealed.yaml:6"


_SEALED_COMPONENT = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [sealed.yaml]
"""
_SEALED = """\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: web-secrets, namespace: web}
spec:
  encryptedData:
    API_KEY: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq
"""


def test_what_runs_otherwise_than_the_files_say_has_drifted(template: Template, live: Live) -> None:
    template.configure(BASE, OVERLAY, {}, {"API_KEY": "one"})
    live(
        {"LOG_LEVEL": "warn", "UNIT_PRICE": "1", "EXTRA": "2"},
        {"API_KEY": "another"},
        HELMS,
    )
    survey = template.survey(())
    assert survey.is_helms
    assert [row.name for row in survey.rows_with(Finding.DRIFT)] == ["LOG_LEVEL", "API_KEY", "EXTRA"]
    assert (template.row("LOG_LEVEL", ()).runs, template.row("API_KEY", ()).runs) == ("warn", MASK)
    assert template.row("EXTRA", ()).findings == (Finding.UNKNOWN, Finding.DRIFT)


def test_what_runs_as_the_files_say_has_not(template: Template, live: Live) -> None:
    template.configure(BASE, OVERLAY, {}, {"API_KEY": "one"})
    live({**BASE, **OVERLAY}, {"API_KEY": "one"})
    assert not any(row.findings for row in template.survey(()).rows)


def test_a_pod_keeps_the_value_of_its_start(template: Template, live: Live) -> None:
    template.configure(BASE, OVERLAY, {}, {"API_KEY": "new"})
    live({**BASE, **OVERLAY}, {"API_KEY": "new"}, started_with={**BASE, "API_KEY": "old", "PATH": "/bin"})
    survey = template.survey(())
    assert [row.name for row in survey.rows_with(Finding.STALE)] == ["LOG_LEVEL", "API_KEY"]
    assert survey.rows_with(Finding.DRIFT) == []
    assert "old" not in repr(survey)


CANARY = "canary-7f3a19"


@pytest.mark.parametrize(
    "planted",
    [
        {"secret": {"API_KEY": CANARY}},
        {"secret": {"NOT_DECLARED": CANARY}},
        {"base": {"UNIT_PRICE": "1", "API_KEY": CANARY}},
        {"base": {"UNIT_PRICE": "1", "DB_PASSWORD": CANARY}},
        {"overlay": {"API_KEY": CANARY}},
        {"helm": {"API_KEY": CANARY}},
        {"base": {"UNIT_PRICE": f"http://user:{CANARY}@host/"}, "secret": {"API_KEY": CANARY}},
    ],
)
def test_no_output_holds_a_secret(template: Template, live: Live, planted: dict[str, Values]) -> None:
    template.configure(**planted)
    live({"UNIT_PRICE": f"of {CANARY}", "API_KEY": CANARY}, {"API_KEY": CANARY, "LIVE_ONLY": CANARY})
    for options in (None, ()):
        survey = template.survey(options)
        outputs = ["\n".join(words.lines(survey)), json.dumps(words.record(survey)), repr(survey)]
        assert not any(CANARY in output for output in outputs)
        assert any(MASK in output for output in outputs)
