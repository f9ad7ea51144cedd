from __future__ import annotations

import re
from pathlib import Path

import pytest

from prj_01.settings import SettingsError, read

REQUIRED = {"FEED_URL": "http://feed:8080/readings", "DATABASE_URL": "postgresql://app:secret@db/app"}
SCHEMA = (Path(__file__).parents[1] / ".env.example").read_text()


def test_what_is_required_is_enough():
    settings = read({**REQUIRED, "UNKNOWN": "x"})
    assert (settings.server.port, settings.batch_size, settings.broker_url) == (8080, 500, "")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("FEED_URL", None, "is required and not set"),
        ("DATABASE_URL", None, "is required and not set"),
        ("FEED_URL", "", "is empty; give it a value"),
        ("BROKER_URL", " ", "is empty; give it a value, or unset it"),
        ("PORT", "", "is empty; give it a value, or unset it"),
        ("DATABASE_URL", "secret@db", "is no URL of PostgreSQL"),
        ("DATABASE_URL", "postgresql://app:secret%zz@db/app", "is no URL of PostgreSQL"),
        ("FEED_URL", "http://feed:port/", "is no URL such as http://"),
        ("FEED_URL", "http:///readings", "is no URL such as http://"),
        ("FEED_URL", "http://app:secret@feed/readings", "is no URL such as http://"),
        ("FEED_URL", "http://feed/the readings", "is no URL such as http://"),
        ("BROKER_URL", "amqp://secret@rabbit", "is no URL such as redis://"),
        ("BROKER_URL", "redis://", "is no URL such as redis://"),
        ("BROKER_URL", "redis://:secret@redis:port", "is no URL such as redis://"),
        ("BROKER_URL", "redis://:secret@redis?socket_timeout=long", "is no URL such as redis://"),
        ("BROKER_URL", "redis://:secret@redis?no_such_option=1", "is no URL such as redis://"),
        ("PORT", "eighty", "'eighty' is not a whole number from 0 to 65535"),
        ("PORT", "65536", "'65536' is not a whole number from 0 to 65535"),
        ("BATCH_SIZE", "0", "'0' is not a whole number from 1 to 1000"),
        ("POLL_SECONDS", "nan", "'nan' is not a number from 0.01 to 3600"),
        ("LOG_LEVEL", "loud", "'loud' is not one of error, warning, info, debug"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_is_shown(name, value, complaint):
    variables = {**REQUIRED, name: value}
    with pytest.raises(SettingsError) as caught:
        read({name: value for name, value in variables.items() if value is not None})
    assert str(caught.value).startswith(f"{name}: {complaint}")
    assert ";" not in str(caught.value).removeprefix(f"{name}: {complaint}"), "said once"
    assert "secret" not in str(caught.value)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(SettingsError) as caught:
        read({"PORT": "x"})
    assert [problem.partition(":")[0] for problem in str(caught.value).split("; ")] == ["PORT", *REQUIRED]


def test_secrets_are_not_part_of_what_settings_look_like():
    assert "secret" not in repr(read(REQUIRED))


def test_the_schema_names_every_variable_that_is_read():
    named = set(re.findall(r"^#?([A-Z_]+)=", SCHEMA, re.MULTILINE))
    sources = (Path(__file__).parents[1] / "src/prj_01").glob("*.py")
    used = {
        name
        for source in sources
        for name in re.findall(r"""\.(?:text|number|choice)\(\s*"([A-Z_]+)\"""", source.read_text())
    }
    assert used - {"APP_VERSION"} == named
    assert re.findall(r"^([A-Z_]+)=", SCHEMA, re.MULTILINE) == ["FEED_URL", "DATABASE_URL"], "what is required"
