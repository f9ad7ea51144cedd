"""The alert rules of ``infra/_shared/monitoring``, by promtool: each fires on its trouble, and only then."""

from __future__ import annotations

from pathlib import Path

import yaml

from lab_helpers import checkout, programs, shell

_MONITORING = checkout.infra_directory() / "_shared" / "monitoring"
_RULES = [*sorted(_MONITORING.glob("rules/*.yaml")), _MONITORING / "stack" / "rules.yaml"]
_TESTS = Path(__file__).with_name("alerts.yaml")


def _groups() -> list[dict[str, list[dict[str, str]]]]:
    manifests = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in _RULES]
    return [group for manifest in manifests for group in manifest["spec"]["groups"]]


def _alerts() -> list[str]:
    return [rule["alert"] for group in _groups() for rule in group["rules"]]


def test_each_alert_fires_on_its_trouble_and_on_an_ordinary_day_does_not(tmp_path: Path) -> None:
    promtool = programs.resolve(print, "promtool")["promtool"]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": _groups()}))
    (tmp_path / "alerts.yaml").write_text(_TESTS.read_text(encoding="utf-8"))
    shell.run([promtool, "check", "rules", "--lint-fatal", tmp_path / "rules.yaml"])
    shell.run([promtool, "test", "rules", tmp_path / "alerts.yaml"])


def test_no_alert_goes_untested() -> None:
    tests = yaml.safe_load(_TESTS.read_text(encoding="utf-8"))["tests"]
    cases = [case for test in tests for case in test.get("alert_rule_test", [])]
    quiet = {case["alertname"] for case in cases if not case["exp_alerts"]}
    firing = {case["alertname"] for case in cases if case["exp_alerts"]}
    counted = [
        sample["labels"]
        for test in tests
        for case in test.get("promql_expr_test", [])
        for sample in case["exp_samples"]
    ]
    firing |= {labels.split('"')[1] for labels in counted}
    assert sorted(_alerts()) == sorted(quiet) == sorted(firing)
