"""What proves step 6.7: the readings have moved twice while they were written and read, and none was lost."""

from __future__ import annotations

import ipaddress
import re

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.language import gettext as _
from lab_helpers.observe.traffic import ProbeResult
from lab_helpers.workbook.course.streams import end, judged
from lab_helpers.workbook.learner.production import APPLY, OVERLAY
from labs.lab_06_expand import databases
from labs.lab_06_expand.databases import MOVE, OWN, SHARED, Rows

__all__ = ["grown"]

_HOST = "db.prj-01-db.svc.cluster.local"
_PATCH = f"{OVERLAY}/prj-01-db/patches/service-patch.yaml"
_WAY_OUT = "prj-01-own-db"
_BEFORE = "readings_before.reading"


@check("6.7", seconds=90)
def grown(lab: CheckContext) -> Evidence:
    """The readings of prj-01 are on a server of their own, none was lost on the way, and they could be read."""
    judged(lab.watch, "6.7", _again())
    _expect_name(lab)
    _expect_reachable(lab)
    first = _expect_own_database(lab)
    second = _expect_own_server(lab)
    stored = _expect_written(lab, second)
    _expect_followed(lab, stored)
    reads = ProbeResult(end(lab.watch, "6.7").requests)
    is_of_both = bool(reads.requests) and reads.requests[0].at <= first.newest + 1  # else it began after the first move
    return Evidence(
        readings=stored.count,
        copied=_("{first}, then {second}").format(first=first.count, second=second.count),
        reads=(
            _("{sent}, {failed} failed")
            if is_of_both
            else _("{sent}, {failed} failed; the stream began after the first move")
        ).format(sent=reads.sent, failed=reads.failed),
        longest_time_without_a_read=_("{seconds:.2f} s").format(seconds=reads.longest_gap_seconds),
    )


def _again() -> str:
    return _('Run `lab.watch_rollout("readings")`, then the step\'s commands again: what is done already stays.')


def _expect_name(lab: CheckContext) -> None:
    """Make sure that what the Service is to lead to is a name."""
    file = lab.workspace / _PATCH
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    line = re.search(r"^\s*externalName:\s*[\"']?([^\s\"'#]+)", text, re.MULTILINE)
    if line is None or not (":" in line[1] or _is_address(line[1])):
        return
    raise CheckFailed(
        _("externalName: {host}").format(host=_HOST),
        seen=line[1],
        hint=_("A port has no place there: an ExternalName is an alias in DNS, and whoever connects brings the port.")
        if not _is_address(line[1])
        else _("An address is taken for a name, which no DNS knows. An ExternalName is an alias: it takes a name."),
        next_step=f"sed -i 's/externalName: .*/externalName: {_HOST}/' {_PATCH} && {APPLY}",
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _expect_reachable(lab: CheckContext) -> None:
    """Make sure that the server of its own, where it runs, can be reached by those that have to."""
    server = lab.client.get("statefulset", "postgresql", OWN)
    if server is None or not server.get("status", {}).get("readyReplicas") or databases.reaches(lab, _HOST):
        return
    is_open = lab.client.get("networkpolicy", _WAY_OUT, SHARED) is not None
    raise (Unsettled if is_open else CheckFailed)(
        _("{host} to answer in prj-01").format(host=_HOST),
        seen=_("no answer, and no NetworkPolicy {name}").format(name=_WAY_OUT) if not is_open else _("no answer"),
        hint=_(
            "Nothing leaves prj-01 but what a NetworkPolicy names; the rest is refused, or never answered. A way to "
            "another namespace takes two, one at each end."
        ),
        next_step=f"git -C infra checkout k8s/overlays/production/prj-01-db && {APPLY}",
    )


def _expect_own_database(lab: CheckContext) -> Rows:
    """Make sure that the rows have moved to a database of their own, whole; those that were copied."""
    names = databases.databases(lab)
    if not names & {"prj_01", "prj_01_before"}:
        raise CheckFailed(
            _("a database prj_01 on the shared server"),
            seen=_("none of that name"),
            hint=_("First an empty place, then the rows, then those who ask for them."),
            next_step=f"{MOVE} create",
        )
    database = "prj_01_before" if "prj_01_before" in names else "prj_01"
    if not databases.has_table(lab, SHARED, "lab", _BEFORE):
        raise CheckFailed(
            _("whoever reads the readings to be shown those of the database prj_01"),
            seen=_("they read the schema that all share"),
            hint=_("Writes end, rows are copied, and then readers follow."),
            next_step=f"{MOVE} stop lab && {MOVE} copy lab && {MOVE} follow",
        )
    return _expect_copied(lab, databases.rows(lab, SHARED, "lab", _BEFORE), SHARED, database)


def _expect_own_server(lab: CheckContext) -> Rows:
    """Make sure that the rows have moved to a server of their own, whole; those that were copied."""
    service = lab.client.get("service", "prj-01-db", "prj-01") or {}
    host = service.get("spec", {}).get("externalName", _("none"))
    if host != _HOST or lab.client.get("statefulset", "postgresql", OWN) is None:
        raise CheckFailed(
            _("the Service prj-01-db to lead to {host}").format(host=_HOST),
            seen=host,
            hint=_("The server comes first, then the rows, and the line last."),
            next_step=f"less {_PATCH}",
        )
    if "prj_01_before" not in databases.databases(lab):
        raise Unsettled(
            _("the old database to be shut"),
            seen=_("prj_01 is open on the shared server"),
            hint=_("Connections that are open go on to the old server: a name is only asked when one begins."),
            next_step=f"{MOVE} close",
        )
    return _expect_copied(lab, databases.rows(lab, SHARED, "prj_01_before"), OWN, "prj_01")


def _expect_copied(lab: CheckContext, before: Rows, namespace: str, database: str) -> Rows:
    """Make sure that all rows of the old place were copied to the new one, and none came to the old one after that."""
    is_there = databases.has_table(lab, namespace, database, "readings.reading")
    copied = databases.copied(lab, namespace, database) if is_there else Rows(0, 0, 0)
    if copied.count * 2 < before.count:
        raise CheckFailed(
            _("all readings in the new place before anybody is sent there"),
            seen=_("{count} copied").format(count=copied.count),
            hint=_(
                "Those who ask were sent to an empty place. What the feed still has, the collector reads once more; "
                "what is older is only in the old place, which was kept."
            ),
            next_step="lab reset 6",
        )
    if copied.newest < before.newest:
        raise CheckFailed(
            _("no reading stored in the old place after the copy"),
            seen=_("some that the copy does not have"),
            hint=_(
                "Writes went on while the rows were copied. The collector asks its feed once more, and may mend it; an "
                "order of a customer would have been acknowledged, and lost. First `stop`, then `copy`."
            ),
            next_step="lab reset 6",
        )
    return copied


def _expect_written(lab: CheckContext, copied: Rows) -> Rows:
    """Make sure that the collector has gone on in the new place, without a gap; all readings there."""
    stored = databases.rows(lab, OWN, "prj_01")
    if stored.count <= copied.count:
        raise Unsettled(
            _("the collector to write on"),
            seen=_("no reading since the {count} that were copied").format(count=copied.count),
            hint=_("What it could not store waits in its buffer; its log says what keeps it."),
            next_step="kubectl -n prj-01 logs deployment/prj-01 --tail=5",
        )
    expected = round(stored.seconds) + 1  # the feed gives one a second
    if stored.count != expected:
        raise CheckFailed(
            _("{count} readings, one for each second").format(count=expected),
            seen=str(stored.count),
            hint=_("Some are missing in between."),
            next_step="kubectl -n prj-01 logs deployment/prj-01 --tail=5",
        )
    return stored


def _expect_followed(lab: CheckContext, stored: Rows) -> None:
    """Make sure that whoever reads in the shared database is shown what is written now."""
    if databases.rows(lab, SHARED, "lab").newest < stored.newest:
        raise Unsettled(
            _("the newest reading in the database lab, too"),
            seen=_("an older one"),
            hint=_("Its readings are a window onto the database prj_01, wherever the name prj-01-db leads."),
            next_step=f"{MOVE} follow",
        )
