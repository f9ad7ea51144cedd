"""What proves steps 5.10 and 5.11: the schema goes before the release, and a migration that fails stops it."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.language import gettext as _
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.course.streams import end, judged
from lab_helpers.workbook.learner import committed
from lab_helpers.workbook.pictures.observation import RolloutObservation
from labs.lab_05_first_deploy import database, migrated, prj_02, release, streamed
from labs.lab_05_first_deploy.database import Migration

__all__ = ["migrated_before_the_release", "stopped_by_its_migration"]

_FIRST, _SECOND = "v1.4.0", "v1.5.0"
_BASELINE, _CURRENCY = 5, 6
_ENOUGH = 10  # requests: half a second of the stream


@check("5.10", seconds=60)
def migrated_before_the_release(lab: CheckContext) -> Evidence:
    """The tables were there before v1.4.0 was sent, v1.4.0 stores orders in them, and no request failed."""
    observation = judged(lab.watch, "5.10", _again())
    applied = database.migrations(lab)
    migrated.expect_version(lab, applied, _BASELINE, _FIRST)
    migrated.expect_unedited(lab, _BASELINE)
    release.expect_release(lab, _FIRST)
    commit = streamed.expect_committed_first(lab, observation, _FIRST)
    migrated.expect_migrated_first(observation, _at(applied, _BASELINE), _FIRST)
    pods = release.rolled_out(lab, _FIRST)
    orders = _expect_orders(lab)
    _expect_answered(observation, _FIRST)
    observation = end(lab.watch, "5.10")
    streamed.expect_none_failed(observation)
    return Evidence(
        migrations=", ".join(f"{migration.version:03}" for migration in applied),
        before_the_release=_seconds(streamed.expect_seen_from_the_start(observation, _FIRST) - applied[-1].at),
        pods=", ".join(pod["metadata"]["name"] for pod in pods),
        orders=len(orders),
        requests=len(observation.requests),
        failed=0,
        Git=str(commit),
    )


@check("5.11", seconds=60)
def stopped_by_its_migration(lab: CheckContext) -> Evidence:
    """v1.5.0 waited for its migration while v1.4.0 served; both can live with it, and no request failed."""
    observation = judged(lab.watch, "5.11", _again("orders"))
    migrated.expect_readable(lab, _FIRST)
    applied = database.migrations(lab)
    migrated.expect_version(lab, applied, _CURRENCY, _SECOND)
    migrated_at = _at(applied, _CURRENCY)
    migrated.expect_unedited(lab, _BASELINE)
    count = migrated.expect_orders_kept(lab, migrated_at)
    migrated.expect_writable(lab, _FIRST)
    committed.read(lab.workspace, prj_02.REPOSITORY, migrated.COMMITTED)
    release.expect_release(lab, _SECOND)
    commit = streamed.expect_committed_first(lab, observation, _SECOND)
    migrated.expect_migrated_first(observation, migrated_at, _SECOND)
    pods = release.rolled_out(lab, _SECOND)
    _expect_answered(observation, _SECOND)
    observation = end(lab.watch, "5.11")
    streamed.expect_none_failed(observation)
    return Evidence(
        refused=migrated.refusal(lab),
        stopped_for=_seconds(streamed.expect_seen_from_the_start(observation, _SECOND) - observation.requests[0].at),
        served_meanwhile=_("{count} requests by {tag}").format(
            count=len(_before(observation, migrated_at)), tag=_FIRST
        ),
        failed=0,
        orders_kept=count,
        pods=", ".join(pod["metadata"]["name"] for pod in pods),
        Git=str(commit),
    )


def _before(observation: RolloutObservation, moment: float) -> list[Request]:
    return [request for request in observation.answered_by(_FIRST) if request.at < moment]


def _at(applied: Sequence[Migration], version: int) -> float:
    return next(migration.at for migration in applied if migration.version == version)


def _expect_answered(observation: RolloutObservation, tag: str) -> None:
    if len(observation.answered_by(tag)) < _ENOUGH:
        raise Unsettled(
            _("requests answered by {tag}").format(tag=tag), seen=_("not yet"), hint=_("Is it behind the Service?")
        )


def _expect_orders(lab: CheckContext) -> list[float]:
    orders = database.orders(lab)
    if not orders:
        raise CheckFailed(
            _("an order in the table"),
            seen=_("none"),
            hint=_("The release runs, and nobody has ordered anything: only an order shows that it can be stored."),
            next_step=_("Run the last cell of this step before the check."),
        )
    return orders


def _again(name: str = "") -> str:
    watch = f'lab.watch_rollout("{name}")' if name else "lab.watch_rollout()"
    return _("Run `{watch}`, then the step's commands.").format(watch=watch)


def _seconds(seconds: float) -> str:
    return _("{seconds:.1f} s").format(seconds=seconds)
