"""A schema names the variables of an application: which are required, which secret, what stands for one not set."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import checkout
from lab_helpers.configuration import schema

_TEXT = """\
# The schema. Nothing here is a secret.

# What it logs: error or info. Default info.
#LOG_LEVEL=

# Where data lie. Required.
DATA_DIR=

# The database, of two
# lines. Secret. Required.
DATABASE_URL=
# Seconds, 0.1 to 60. Default 0.5.
#SECONDS=
#HOST=

# not a variable=1
"""


def test_each_variable_has_what_its_comment_says(tmp_path: Path) -> None:
    file = tmp_path / ".env.example"
    file.write_text(_TEXT)
    variables = schema.variables(file)
    assert list(variables) == ["LOG_LEVEL", "DATA_DIR", "DATABASE_URL", "SECONDS", "HOST"]
    assert [name for name, variable in variables.items() if variable.is_required] == ["DATA_DIR", "DATABASE_URL"]
    assert [name for name, variable in variables.items() if variable.is_secret] == ["DATABASE_URL"]
    assert [variable.default for variable in variables.values()] == ["info", "", "", "0.5", "0.5"]
    assert variables["DATA_DIR"].line == 7


@pytest.mark.parametrize("app", ["prj_01", "prj_02", "prj_03", "prj_04"])
def test_those_of_the_template_can_be_read(app: str) -> None:
    variables = schema.variables(checkout.source_directory() / "app" / app / ".env.example")
    assert variables["DATABASE_URL"].is_secret
    assert variables["LOG_LEVEL"].default == "info"
