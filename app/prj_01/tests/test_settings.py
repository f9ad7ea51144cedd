from __future__ import annotations

import re
from pathlib import Path

import pytest

from prj_01.settings import SettingsError, read

REQUIRED = {"FEED_URL": "http://feed:8080/readings", "DATABASE_URL": "postgresql://app:secret@db/app"}
SCHEMA = (Path(__file__).parents[1] / ".env.example").read_text()


def test_what_is_required_is_enough():
    settings = read({**REQUIRED, "PORT": "", "UNKNOWN": "x"})
    assert (settings.server.port, settings.batch_size, settings.broker_url) == (8080, 500, "")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("FEED_URL", "", "FEED_URL is required and not set"),
        ("DATABASE_URL", "", "DATABASE_URL is required and not set"),
        ("DATABASE_URL", "secret@db", "DATABASE_URL must be an address that begins with postgresql:// or postgres://"),
        ("DATABASE_URL", "postgresql://app:secret%zz@db/app", "DATABASE_URL cannot be read by PostgreSQL's client"),
        ("FEED_URL", "http://feed:port/", "FEED_URL must be an address that begins with http:// or https://"),
        ("BROKER_URL", "amqp://secret@rabbit", "BROKER_URL must be an address that begins with redis://"),
        ("PORT", "eighty", "PORT must be a whole number from 0 to 65535"),
        ("PORT", "65536", "PORT must be a whole number from 0 to 65535"),
        ("BATCH_SIZE", "0", "BATCH_SIZE must be a whole number from 1 to 1000"),
        ("POLL_SECONDS", "nan", "POLL_SECONDS must be a number from 0.01 to 3600"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of error, warning, info, debug"),
    ],
)
def test_what_is_wrong_is_named_and_not_shown(name, value, complaint):
    with pytest.raises(SettingsError) as caught:
        read({**REQUIRED, name: value})
    assert str(caught.value).startswith(complaint)
    assert "secret" not in str(caught.value)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(SettingsError) as caught:
        read({"PORT": "x"})
    assert {"PORT", "FEED_URL", "DATABASE_URL"} <= set(re.findall(r"[A-Z_]{4,}", str(caught.value)))


def test_secrets_are_not_part_of_what_settings_look_like():
    assert "secret" not in repr(read(REQUIRED))


def test_the_schema_names_every_variable_that_is_read():
    named = set(re.findall(r"^#?([A-Z_]+)=", SCHEMA, re.MULTILINE))
    sources = (Path(__file__).parents[1] / "src/prj_01").glob("*.py")
    used = {
        name
        for source in sources
        for name in re.findall(r"""\.(?:text|url|number|choice)\(\s*"([A-Z_]+)\"""", source.read_text())
    }
    assert used - {"APP_VERSION"} == named
    assert re.findall(r"^([A-Z_]+)=", SCHEMA, re.MULTILINE) == ["FEED_URL", "DATABASE_URL"], "what is required"
