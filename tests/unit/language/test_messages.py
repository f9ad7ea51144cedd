"""What there is to translate is found wherever it is written."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from lab_helpers.errors import LabError
from lab_helpers.translation.messages import Message, collect


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text), encoding="utf-8")


def test_python_says_what_it_translates(tmp_path: Path) -> None:
    _write(tmp_path / "lab_helpers/a.py", '_("one " "text"); ngettext("{n} pod", "{n} pods", n); other("not this")')
    _write(tmp_path / "lab_helpers/b.py", 'if x:\n    print(_("one text"))')
    assert collect(tmp_path)["messages"] == [
        Message("one text", files=["lab_helpers/a.py", "lab_helpers/b.py"]),
        Message("{n} pod", "{n} pods", files=["lab_helpers/a.py"]),
    ]


def test_an_addon_has_a_domain_of_its_own(tmp_path: Path) -> None:
    _write(tmp_path / "lab_helpers/addons/shared.py", '_("in both")')
    _write(tmp_path / "lab_helpers/addons/hello/__init__.py", 'gettext_noop("a greeting"); _("in both")')
    _write(tmp_path / "lab_helpers/addons/hello/inner/part.py", '_("a part")')
    files = ["lab_helpers/addons/shared.py"], ["lab_helpers/addons/hello/__init__.py"]
    assert collect(tmp_path) == {
        "messages": [Message("in both", files=files[0])],
        "addon_hello": [
            Message("a greeting", files=files[1]),
            Message("a part", files=["lab_helpers/addons/hello/inner/part.py"]),
        ],
    }


@pytest.mark.parametrize("argument", ['f"no {name}"', '"no " + name', "name", '"no %s" % name'])
def test_what_only_the_program_knows_is_refused(argument: str, tmp_path: Path) -> None:
    _write(tmp_path / "lab_helpers/a.py", f"\n_({argument})")
    with pytest.raises(LabError, match="only a plain string") as failure:
        collect(tmp_path)
    assert failure.value.object == f"{tmp_path}/lab_helpers/a.py:2"


def test_what_is_waited_for_is_a_whole_sentence(tmp_path: Path) -> None:
    _write(
        tmp_path / "lab_helpers/a.py",
        """
        wait.until(look, seconds=3, outcome="become Ready")
        def _until(look, *, outcome):
            until(look, seconds=3, outcome=outcome)
        self._until(look, outcome="end")
        other(outcome="be told")
        """,
    )
    assert [message.text for message in collect(tmp_path)["messages"]] == [
        "did not become Ready within {seconds:g} s",
        "did not end within {seconds:g} s",
    ]


@pytest.mark.parametrize("argument", ['f"become {state}"', "verb"])
def test_what_is_waited_for_is_known_to_the_collector(argument: str, tmp_path: Path) -> None:
    _write(tmp_path / "lab_helpers/a.py", f"until(look, outcome={argument})")
    with pytest.raises(LabError, match="only a plain string"):
        collect(tmp_path)


def test_what_a_check_proves_and_a_verb_does_is_in_their_docstrings(tmp_path: Path) -> None:
    _write(
        tmp_path / "labs/lab_01/checks.py",
        '''
        @check("1.1", seconds=3)
        def holds(lab):
            """It holds.

            And more for programmers.
            """

        def helper():
            """Nothing that is shown."""
        ''',
    )
    _write(tmp_path / "labs/lab_01/lab.toml", "")
    _write(
        tmp_path / "lab_helpers/cli/open.py",
        'def open_lab(language: Language = None):\n    """Open it."""\n\ndef _other():\n    """Not."""',
    )
    assert {domain: [message.text for message in messages] for domain, messages in collect(tmp_path).items()} == {
        "messages": ["Open it."],
        "lab_01": ["It holds"],
    }


def test_outlines_have_titles_and_hints(tmp_path: Path) -> None:
    _write(
        tmp_path / "labs/lab_01/lab.toml",
        """
        title = "A lab"
        namespaces = ["n"]
        [[step]]
        id = "1.1"
        title = "A step"
        hints = ["look", "look closer"]
        """,
    )
    assert [message.text for message in collect(tmp_path)["lab_01"]] == ["A lab", "A step", "look", "look closer"]


def test_a_lab_leaves_to_lab_helpers_what_both_say(tmp_path: Path) -> None:
    _write(tmp_path / "lab_helpers/a.py", '_("none")')
    _write(tmp_path / "labs/lab_01/checks.py", '_("none"); _("some")')
    _write(tmp_path / "labs/lab_01/lab.toml", 'title = "A lab"')
    assert [message.text for message in collect(tmp_path)["lab_01"]] == ["some", "A lab"]


def test_labs_elsewhere_leave_to_this_package_what_it_says(tmp_path: Path) -> None:
    _write(tmp_path / "labs/lab_01/lab.toml", 'title = "expected"\n[[step]]\ntitle = "A step"')
    domains = collect(tmp_path)
    assert {domain: [message.text for message in messages] for domain, messages in domains.items()} == {
        "lab_01": ["A step"]
    }


def test_templates_translate_as_python_does(tmp_path: Path) -> None:
    text = '<h1>{{ _("A title") }}</h1>{{ ngettext("{n} a", "{n} b", n).format(n=n) }}{{ name }}'
    _write(tmp_path / "lab_helpers/run/page.html.j2", text)
    assert [(message.text, message.plural) for message in collect(tmp_path)["messages"]] == [
        ("A title", ""),
        ("{n} a", "{n} b"),
    ]


def test_a_cell_of_prose_is_one_message(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "id": "title", "source": ["# A\n", "\n", "b"]},
        {"cell_type": "code", "id": "code", "source": ["# not this"]},
    ]
    _write(tmp_path / "notebooks/01_a.ipynb", json.dumps({"cells": cells}))
    file = "notebooks/01_a.ipynb"
    assert collect(tmp_path)["lab_01_a"] == [Message("# A\n\nb", context="01_a#title", files=[file])]
