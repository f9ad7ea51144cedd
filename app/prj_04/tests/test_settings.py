"""Settings come from the environment; what is wrong is named, all of it, and no secret with it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from prj_04 import settings

ROOT = Path(__file__).parents[1]
REQUIRED = {
    "DATABASE_URL": "postgresql://alerts:hush@db.example/alerts",
    "BROKER_URL": "redis://:hush@redis.example:6379/0",
    "ALERT_RULES": "hot: * > 1",
}


def test_defaults() -> None:
    configuration = settings.read({**REQUIRED, "CONSUMER": "pod-1"})
    assert (configuration.port, configuration.host, configuration.webhook_url) == (8080, "", "")
    assert (configuration.claim_seconds, configuration.max_deliveries, configuration.drain_seconds) == (30.0, 5, 10.0)
    assert "hush" not in repr(configuration)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://alerts:hush@db example"),
        ("DATABASE_URL", "hush"),
        ("BROKER_URL", "http://hush@redis.example"),
        ("BROKER_URL", "redis://:hush@redis.example:port"),
        ("BROKER_URL", "redis://:hush@redis.example?socket_timeout=long"),
        ("BROKER_URL", "redis://:hush@redis.example?no_such_option=1"),
        ("BROKER_URL", "redis://"),
        ("WEBHOOK_URL", "hush.example"),
        ("WEBHOOK_URL", ""),
        ("ALERT_RULES", "warm"),
        ("CONSUMER", " "),
        ("CLAIM_SECONDS", "nan"),
        ("CLAIM_SECONDS", "0"),
        ("MAX_DELIVERIES", "1.5"),
        ("PORT", "65536"),
        ("LOG_LEVEL", "loud"),
        ("DRAIN_SECONDS", "-1"),
    ],
)
def test_a_wrong_setting_is_named_without_a_secret(name: str, value: str) -> None:
    with pytest.raises(settings.SettingsError, match=f"^{name}: ") as error:
        settings.read({**REQUIRED, name: value})
    assert "hush" not in str(error.value)


def test_the_process_names_all_that_is_wrong_in_one_line() -> None:
    environment = {"PYTHONPATH": str(ROOT / "src"), "PORT": "eighty", "ALERT_RULES": "hot: * > 1"}
    ended = subprocess.run(
        [sys.executable, "-m", "prj_04"], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r"prj-04: DATABASE_URL: .+; BROKER_URL: .+; PORT: 'eighty' .+\n", ended.stderr)


def test_the_schema_names_every_setting_and_no_other() -> None:
    schema = (ROOT / ".env.example").read_text()
    source = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    read = set(re.findall(r'(?:setting\(|environment\.get\()"([A-Z_]+)"', source))
    assert read == {*re.findall(r"^#?([A-Z_]+)=", schema, re.MULTILINE), "APP_VERSION"}
