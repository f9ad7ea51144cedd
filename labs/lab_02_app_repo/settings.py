"""What proves step 2.2: a setting that is missing is refused by name, and the schema lists every one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed
from lab_helpers.workbook.learner.repository import Repository
from labs.lab_02_app_repo import javascript
from labs.lab_02_app_repo.splitting import APP, expect_repository

__all__ = ["SCHEMA", "expect_schema", "refused_without_a_price"]

CONFIG = "src/config.js"
SCHEMA = ".env.example"
_PRICE = "UNIT_PRICE"
_REQUIRED = {"DATA_DIR": "/data", "CACHE_DIR": "/cache"}
_LINE = re.compile(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
_BAKED = {"APP_VERSION"}  # by the build, not by whoever deploys


@check("2.2")
def refused_without_a_price(lab: CheckContext) -> Evidence:
    """Without a price it does not start and says why; .env.example lists every setting, and no value."""
    expect_repository(lab.workspace, APP)
    _expect_edited_here(lab)
    price = str(lab.vary["price"])
    complete = {**_REQUIRED, _PRICE: price}
    without = {name: {key: value for key, value in complete.items() if key != name} for name in complete}
    configured, *missing = javascript.ask(
        lab.workspace, "configured.js", CONFIG, json.dumps([complete, *without.values()])
    )
    _expect_taken(configured, price)
    for name, outcome in zip(without, missing, strict=True):
        _expect_refused(name, outcome)
    expect_schema(lab, configured["read"])
    commit = committed.read(lab.workspace, APP, CONFIG)
    committed.read(lab.workspace, APP, SCHEMA)
    return Evidence(
        with_a_price=_("{name}={price} is taken").format(name=_PRICE, price=price),
        without=missing[-1]["refused"],
        schema=", ".join(_named(lab.workspace / APP)),
        Git=str(commit),
    )


def expect_schema(lab: CheckContext, read: Sequence[str]) -> None:
    """Make sure that the schema names what is read, all of it and nothing else, and holds no value."""
    file = f"{APP}/{SCHEMA}"
    named, needed = _named(lab.workspace / APP), set(read) - _BAKED
    values = [name for name, value in named.items() if value.strip()]
    if values:
        raise CheckFailed(
            _("names in {file}, and no values").format(file=file),
            seen=", ".join(f"{name}={named[name]}" for name in values),
            hint=_(
                "The schema says that there is such a setting, and the Deploy repository what it is: a value in here "
                "is that of one environment, and every other would need a branch. What an example looks like belongs "
                "into the comment above it."
            ),
            next_step=f"sed -i 's/^{values[0]}=.*/{values[0]}=/' {file}",
        )
    absent = sorted(needed - set(named))
    if absent:
        raise CheckFailed(
            _("every variable that {file} reads, in {schema}").format(file=CONFIG, schema=SCHEMA),
            seen=_("not in it: {names}").format(names=", ".join(absent)),
            hint=_(
                "Whoever deploys this reads the schema, not the source: a setting that is not listed is found out by a "
                "pod that does not start."
            ),
            next_step=_("one line more in {file}, with a comment: {line}").format(file=file, line=f"{absent[0]}="),
        )
    unused = sorted(set(named) - needed)
    if unused:
        raise CheckFailed(
            _("no variable in {schema} that nothing reads").format(schema=SCHEMA),
            seen=", ".join(unused),
            hint=_("Names count to the letter: is it spelled as in {file}?").format(file=CONFIG),
            next_step=f"grep -n 'environment' {APP}/{CONFIG}",
        )


def _expect_edited_here(lab: CheckContext) -> None:
    """Make sure that it was not the template's copy which was edited."""
    template = Repository(lab.workspace / "template")
    if not template.is_usable:
        return
    for file in (CONFIG, SCHEMA):
        name = f"app/prj_02/{file}"
        theirs, ours = template.directory / name, committed.text(template.directory, name)
        if theirs.is_file() and ours and theirs.read_text(encoding="utf-8", errors="replace") != ours:
            raise CheckFailed(
                _("the edit in {repository}").format(repository=APP),
                seen=_("an edit in {file}").format(file=f"template/{name}"),
                hint=_(
                    "That is the copy you split off from, and nothing leads from there to here any more: from now on "
                    "the App repository is where prj-02 changes."
                ),
                next_step=f"git -C template diff --relative=app/prj_02 | git -C {APP} apply",
            )


def _expect_taken(outcome: Mapping[str, Any], price: str) -> None:
    if "refused" in outcome:
        raise CheckFailed(
            _("a configuration with all that is required to be taken"),
            seen=outcome["refused"],
            hint=_("Every required setting had a value that the schema allows. What is asked for besides?"),
            next_step=f"git -C {APP} diff HEAD~1 -- {CONFIG}",
        )
    taken = outcome["config"].get("unitPrice")
    if taken != float(price):
        raise CheckFailed(
            _("{name}={price} to become the price of a piece").format(name=_PRICE, price=price),
            seen=_("unitPrice: {taken}").format(taken=json.dumps(taken)),
            hint=_("The value is to come from the environment, and from nowhere else."),
            next_step=f"git -C {APP} diff HEAD~1 -- {CONFIG}",
        )


def _expect_refused(name: str, outcome: Mapping[str, Any]) -> None:
    if "refused" not in outcome:
        taken = outcome["config"].get("unitPrice") if name == _PRICE else None
        raise CheckFailed(
            _("{name} that is not set to be refused").format(name=name),
            seen=_("it starts, with unitPrice {value}").format(value=json.dumps(taken))
            if name == _PRICE
            else _("it starts"),
            hint=_(
                "A default stands in for what nobody has decided. A port may have one; a price may not: the mistake "
                "would be answered to every customer, and logged nowhere."
            ),
            next_step=f"grep -n {name} {APP}/{CONFIG}",
        )
    if name not in outcome["refused"]:
        raise CheckFailed(
            _("the reason to name {name}").format(name=name),
            seen=outcome["refused"],
            hint=_("Whoever reads this line in a pod's log has to know which setting to add."),
            next_step=f"grep -n {name} {APP}/{CONFIG}",
        )


def _named(directory: Path) -> dict[str, str]:
    file = directory / SCHEMA
    if not file.is_file():
        raise CheckFailed(
            _("a file {name}").format(name=f"{APP}/{SCHEMA}"),
            seen=_("none of that name there"),
            hint=_("It is the schema of the settings, and part of the repository."),
            next_step=f"git -C {APP} checkout HEAD -- {SCHEMA}",
        )
    return dict(_LINE.findall(file.read_text(encoding="utf-8", errors="replace")))
