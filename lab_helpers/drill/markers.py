"""What a drill leaves in a cluster, to be found again or not: rows, files, a message, a secret, changes by hand."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lab_helpers import files, wait
from lab_helpers.drill.production import Production
from lab_helpers.drill.repository import SECRET, SECRET_NAMESPACE
from lab_helpers.language import gettext_noop

__all__ = ["Markers", "Proof"]

_SECONDS = 120.0
_MINIMUM_READINGS = 7000  # what the feed still has of the time before; from there on it is one a second

# A digest of rows as they were at a moment; what came later does not count.
_READINGS = (
    "SELECT count(*), md5(string_agg(concat_ws(' ', sensor, at, value), ',' ORDER BY sensor, at)) "
    "FROM readings.reading WHERE at <= '{until}'"
)
_REPORTS = "SELECT count(*), md5(string_agg(body, ',' ORDER BY \"window\")) FROM reports.report"
_NEWER = "SELECT count(*) FROM readings.reading WHERE at > '{until}'"
_ALERT = "SELECT sensor, value, key FROM alerts.alert WHERE sensor = '{sensor}'"

_WRITE = """
const [id, body] = process.argv.slice(1);
const headers = { 'x-api-key': process.env.API_KEY ?? '' };
const url = `http://127.0.0.1:${process.env.PORT ?? 8080}/notes/${id}`;
const answer = await fetch(url, { method: 'PUT', headers, body });
if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
"""
_READ = """
const [path] = process.argv.slice(1);
const answer = await fetch(`http://127.0.0.1:${process.env.PORT ?? 8080}${path}`);
console.log(answer.status, await answer.text());
"""


@dataclass(frozen=True)
class Proof:
    """Something that has to be so once a cluster is back.

    Attributes:
        name: What, in English, marked for translation.
        holds: Whether it is so.
        evidence: What was seen.
    """

    name: str
    holds: bool
    evidence: str


@dataclass(frozen=True)
class Markers:
    """What was left in the cluster before it was lost.

    Attributes:
        nonce: A word that is nowhere else.
        until: The newest reading that counts.
        readings: How many there were until then, and their digest.
        reports: How many, and their digest.
        alert: The row that prj-04 made of a message with the nonce.
    """

    nonce: str
    until: str
    readings: str
    reports: str
    alert: str

    @staticmethod
    def load(file: Path) -> Markers:
        """Those that an earlier process wrote down."""
        return Markers(**json.loads(file.read_text(encoding="utf-8")))

    def save(self, file: Path) -> None:
        """Write them down, for the process that goes on after a failure."""
        files.write(file, json.dumps(asdict(self)), private=True)

    @staticmethod
    def write(production: Production, nonce: str) -> Markers:
        """Leave them in production, each the way that its data goes.

        Raises:
            LabError: One was not taken, or did not arrive in time.
        """
        sensor = f"drill-{nonce}"
        production.web(_WRITE, [sensor, nonce])
        production.redis("XADD", "readings", "*", "sensor", sensor, "at", "2026-01-01T00:00:00+00:00", "value", "99.5")
        production.report_hour()
        alert = wait.until(
            lambda: production.query(_ALERT.format(sensor=sensor)),
            seconds=_SECONDS,
            outcome="be stored",
            object="alerts.alert",
        )
        newest = wait.until(
            lambda: _newest(production), seconds=_SECONDS, outcome="be stored", object="readings.reading"
        )
        readings = production.query(_READINGS.format(until=newest))
        markers = Markers(nonce, newest, readings, production.query(_REPORTS), alert)
        wait.until(
            lambda: markers.secret(production) == nonce,
            seconds=_SECONDS,
            outcome="be opened",
            object=f"secret/{SECRET}",
        )
        return markers

    def change_by_hand(self, production: Production) -> None:
        """Change what is in no repository, as nobody should: an object, a setting, a number of pods."""
        production.kubectl("-n", "prj-02", "create", "configmap", "by-hand", f"--from-literal=nonce={self.nonce}")
        production.kubectl("-n", "prj-04", "set", "env", "deployment/prj-04", f"BY_HAND={self.nonce}")
        production.kubectl("-n", "prj-02", "scale", "deployment/prj-02", "--replicas=2")

    def remaining(self, production: Production) -> list[str]:
        """Which of them are in a cluster, of those that come with its data only; none in one that is new."""
        is_there = {
            "alerts.alert": production.query(_ALERT.format(sensor=self.sensor)) != "",
            "readings": self.nonce in production.redis("XRANGE", "readings", "-", "+"),
            "/notes": self._note(production).startswith("200"),
            "configmap/by-hand": _has_configmap(production),
        }
        return [place for place, remains in is_there.items() if remains]

    def proofs(self, production: Production) -> Iterator[Proof]:
        """Whether all of it is back, whether it goes on from there, and whether what was done by hand is gone."""
        readings = production.query(_READINGS.format(until=self.until))
        yield _equal(gettext_noop("rows of the collector are as they were"), self.readings, readings)
        alert = production.query(_ALERT.format(sensor=self.sensor))
        yield _equal(gettext_noop("the row with the nonce is there"), self.alert, alert)
        yield _equal(gettext_noop("reports are as they were"), self.reports, production.query(_REPORTS))
        yield _equal(gettext_noop("the note with the nonce is answered"), f"200 {self.nonce}", self._note(production))
        messages = production.redis("XRANGE", "readings", "-", "+").count(self.nonce)
        yield _equal(gettext_noop("the message with the nonce is in the broker"), "1", str(messages))
        is_opened = self.secret(production) == self.nonce
        yield Proof(gettext_noop("the sealed secret is opened by the key of before"), is_opened, SECRET)
        answer = production.web(_READ, ["/readings?sensor=boiler&limit=1"])
        yield Proof(gettext_noop("prj-02 answers with readings"), answer.startswith('200 {"sensor"'), answer[:80])
        newer = wait.until(
            lambda: _goes_on(production, self.until), seconds=_SECONDS, outcome="be stored", object="readings"
        )
        yield Proof(gettext_noop("new rows come"), True, newer)
        changes = list(_by_hand(production))
        yield Proof(gettext_noop("what was changed by hand is gone"), not changes, ", ".join(changes))

    @property
    def sensor(self) -> str:
        """What carries the nonce as a name."""
        return f"drill-{self.nonce}"

    def secret(self, production: Production) -> str:
        """What the controller made of the sealed secret; empty where it has not."""
        output = ("--ignore-not-found", "-o", "jsonpath={.data.NONCE}")
        return base64.b64decode(production.kubectl("-n", SECRET_NAMESPACE, "get", "secret", SECRET, *output)).decode()

    def _note(self, production: Production) -> str:
        return production.web(_READ, [f"/notes/{self.sensor}"])


def _newest(production: Production) -> str:
    """When the newest reading was taken, once the feed's past has been collected."""
    count, _, newest = production.query("SELECT count(*), max(at) FROM readings.reading").partition("|")
    return newest if int(count) > _MINIMUM_READINGS else ""


def _goes_on(production: Production, until: str) -> str:
    count = production.query(_NEWER.format(until=until))
    return count if count != "0" else ""


def _has_configmap(production: Production) -> bool:
    output = ("--ignore-not-found", "-o", "name")
    return production.kubectl("-n", "prj-02", "get", "configmap", "by-hand", *output) != ""


def _by_hand(production: Production) -> Iterator[str]:
    """What is still there of ``change_by_hand``."""
    if _has_configmap(production):
        yield "configmap/by-hand"
    containers = production.kubectl("-n", "prj-04", "get", "deployment/prj-04", "-o", "jsonpath={..env[*].name}")
    if "BY_HAND" in containers.split():
        yield "BY_HAND of deployment/prj-04"
    if production.kubectl("-n", "prj-02", "get", "deployment/prj-02", "-o", "jsonpath={.spec.replicas}") != "3":
        yield "replicas of deployment/prj-02"


def _equal(name: str, before: str, after: str) -> Proof:
    return Proof(name, before == after, after if before == after else f"{before} -> {after}")
