"""What a migration must leave behind: applied by the Job, before its release, and fit for the release before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

from lab_helpers import CheckContext, CheckFailed, Unsettled, checkout
from lab_helpers.language import gettext as _
from lab_helpers.observe.timeline import image_tag
from lab_helpers.workbook.pictures.observation import RolloutObservation
from labs.lab_05_first_deploy import database, prj_02, streamed
from labs.lab_05_first_deploy.database import MIGRATE, NAMESPACE, Migration

__all__ = [
    "COMMITTED",
    "expect_migrated_first",
    "expect_orders_kept",
    "expect_readable",
    "expect_unedited",
    "expect_version",
    "expect_writable",
    "refusal",
]

COMMITTED = "_shared/migrations/006_add_currency.sql"
"""The migration of step 5.11, in its repository."""

_DIRECTORY = "_shared/migrations"
_READ = ("id", "quantity", "total", "ordered_at")  # what v1.4.0 names of an order
_ADDED = "currency"


def expect_version(lab: CheckContext, applied: Sequence[Migration], version: int, tag: str) -> None:
    """Make sure that the database has the migrations up to a version, and has them from goose."""
    present = [migration.version for migration in applied]
    if version in present:
        return
    expected = _("migration {version:03} in the database, before {tag} is sent").format(version=version, tag=tag)
    last = _("its last is {version:03}").format(version=present[-1]) if present else _("none")
    if _ADDED in [column.name for column in database.columns(lab)]:
        raise CheckFailed(
            expected,
            seen=_("{last}, and the column {column} is there").format(last=last, column=_ADDED),
            hint=_(
                "Somebody has added it by hand. goose does not know, so that its next run fails over a column that is "
                "there already; and no other database will ever have it. Take it back, and let the Job do it."
            ),
            next_step=f"kubectl -n {NAMESPACE} exec postgresql-0 -- psql -U lab -d lab -c "
            f"'ALTER TABLE project_2.swing_order DROP COLUMN {_ADDED}'",
        )
    if prj_02.target(lab) == tag:
        _expect_nothing_missing(lab, expected, last, tag)
    raise CheckFailed(
        expected,
        seen=last,
        hint=_("The Job runs what is in infra/{directory}, and its log says what came of it.").format(
            directory=_DIRECTORY
        ),
        next_step=MIGRATE,
    )


def expect_unedited(lab: CheckContext, last: int) -> None:
    """Make sure that migrations which were applied say what they said then."""
    for file in sorted((checkout.infra_directory() / _DIRECTORY).glob("*.sql"))[:last]:
        copy = lab.workspace / prj_02.REPOSITORY / _DIRECTORY / file.name
        if not copy.is_file() or copy.read_text(encoding="utf-8", errors="replace") != file.read_text(encoding="utf-8"):
            raise CheckFailed(
                _("{file} as it was applied").format(file=file.name),
                seen=_("another text") if copy.is_file() else _("no such file"),
                hint=_(
                    "A migration runs once. What is changed in it afterwards no database hears of: the Job says that "
                    "there is nothing to apply, and only a new database will be different. Whatever is to change "
                    "is the next migration."
                ),
                next_step=f"git -C infra log --oneline -- {_DIRECTORY}/{file.name}",
            )


def expect_migrated_first(observation: RolloutObservation, migrated_at: float, tag: str) -> None:
    """Make sure that no pod of a release was asked for before its migration was there."""
    sent_at = streamed.expect_seen_from_the_start(observation, tag)
    if sent_at < migrated_at:
        raise CheckFailed(
            _("the migration first, then {tag}").format(tag=tag),
            seen=_("{tag} was sent {seconds:.1f} s before its migration was there").format(
                tag=tag, seconds=migrated_at - sent_at
            ),
            hint=_(
                "It waited, not ready, because it looks for its tables before it takes requests. One that does not "
                "look would have answered with errors. `run-migration-job.sh && kubectl apply -k …` keeps the order "
                "by itself."
            ),
            next_step=streamed.from_the_release_before(),
        )


def refusal(lab: CheckContext) -> str:
    """What the database said to the migration that failed last."""
    failed = [run for run in database.runs(lab) if not run.is_complete]
    if not failed:
        return _("nothing: the migration was mended before it ran")
    return database.last_log(lab, failed[-1]) or failed[-1].name


def expect_readable(lab: CheckContext, tag: str) -> None:
    """Make sure that the release before finds all that it reads."""
    present = {column.name for column in database.columns(lab)}
    missing = [name for name in _READ if present and name not in present]
    if missing:
        raise CheckFailed(
            _("a schema that {tag} can live with").format(tag=tag),
            seen=_("no column {columns} any more").format(columns=", ".join(missing)),
            hint=_(
                "{tag} still serves, and reads it by that name; a rollback would bring {tag} back, too. Add what is "
                "new; rename or drop only when no release that may come back reads it any more."
            ).format(tag=tag),
            next_step=f"kubectl -n {NAMESPACE} exec postgresql-0 -- psql -U lab -d lab -c '\\d project_2.swing_order'",
        )


def expect_writable(lab: CheckContext, tag: str) -> None:
    """Make sure that the release before can still store a row."""
    needed = [column.name for column in database.columns(lab) if column.is_needed and column.name not in _READ]
    if needed:
        raise CheckFailed(
            _("a schema in which {tag} can store orders").format(tag=tag),
            seen=_("{columns} may not be null, and has no default").format(columns=", ".join(needed)),
            hint=_(
                "{tag} serves during the rollout and after a rollback, and knows nothing of the column: each order "
                "that it takes is refused. With a default, or where it may be null, both can live with it."
            ).format(tag=tag),
            next_step="printf '%s\\n' '-- +goose Up' "
            f"\"ALTER TABLE project_2.swing_order ALTER COLUMN {needed[0]} SET DEFAULT 'EUR';\" > "
            f"infra/{_DIRECTORY}/007_give_{needed[0]}_a_default.sql && {MIGRATE}",
        )


def expect_orders_kept(lab: CheckContext, migrated_at: float) -> int:
    """Make sure that orders from before a migration are still there, and return how many."""
    orders = [at for at in database.orders(lab) if at < migrated_at]
    if not orders:
        raise CheckFailed(
            _("the orders from before the migration"),
            seen=_("none"),
            hint=_(
                "An empty table takes any column: somebody has thrown the orders away to make the migration pass. In "
                "staging it costs a test, elsewhere the orders of customers."
            ),
            next_step="lab reset 5",
        )
    return len(orders)


def _expect_nothing_missing(lab: CheckContext, expected: str, last: str, tag: str) -> None:
    reason = _why_not_ready(lab, tag)
    hint = _(
        "The release came first, without what it needs. Its pods live and do not get Ready, so that the release before "
        "goes on serving; /ready and the log say what is missing."
    )
    if not reason:
        raise Unsettled(expected, seen=_("{last}; {tag} was sent").format(last=last, tag=tag), hint=hint)
    text = _("{last}; {tag} was sent, and says: {reason}")
    raise CheckFailed(expected, seen=text.format(last=last, tag=tag, reason=reason), hint=hint, next_step=MIGRATE)


def _why_not_ready(lab: CheckContext, tag: str) -> str:
    """What the log of a release's pods gives as its reason; empty before there is one."""
    for pod in prj_02.pods(lab):
        if image_tag(pod) == tag and any(
            "running" in status["state"] for status in pod.get("status", {}).get("containerStatuses", [])
        ):
            for line in reversed(lab.client.logs(pod["metadata"]["name"], prj_02.NAMESPACE).splitlines()):
                with suppress(ValueError):
                    message = json.loads(line)
                    if message.get("message") == "not ready":
                        return str(message["reason"])
    return ""
