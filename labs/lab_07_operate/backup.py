"""What proves step 7.6: a backup that is away from its server, opens for its owner only, and has all of today in it."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, archives, check, checkout, shell
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import postgresql
from lab_helpers.workbook.learner import production

__all__ = ["backup_readable"]

_DIRECTORY, _KEY = "backups", "age.key"
_SCRIPT = "_shared/scripts/k3s/backup.sh"
_MAKE = (
    "lab node exec {server} -- /data/infra/_shared/scripts/k3s/backup.sh "
    '--recipient "$(age-keygen -y age.key)" /data/backups && mkdir -p backups && '
    "archive=$(lab node exec {server} -- ls /data/backups | tail -n 1) && "
    'lab node exec {server} -- cat "/data/backups/$archive" > "backups/$archive"'
)
_SEND = (
    'kubectl -n prj-04 exec redis-0 -- redis-cli XADD readings \'*\' sensor "press-$NONCE" at "$(date -Is)" value 99.5'
)
_AGE = b"age-encryption.org/v1"
_PROJECT, _DATABASE = "prj-04", "lab"
_SERVER = "prj-01"  # whose database server all projects share
_SEALING_KEY = "sealedsecrets.bitnami.com/sealed-secrets-key"
_SECONDS = 60.0


@check("7.6", seconds=15)
def backup_readable(lab: CheckContext) -> Evidence:
    """The newest backup lies away from the server, is encrypted, can be read back, and nothing came after it."""
    backups = _backups(lab)
    for backup in backups:
        _expect_encrypted(lab, backup)
    archive = backups[-1]
    key = _key(lab)
    parts = _verify(lab, archive, key)
    with tempfile.TemporaryDirectory(prefix="lab-") as directory:
        content = Path(directory)
        _unpack(archive, key, content)
        _expect_sealing_keys(lab, content)
        _expect_row(lab, content)
        time = datetime.fromtimestamp((content / "SHA256SUMS").stat().st_mtime, UTC)
        return Evidence(
            backup=f"{_DIRECTORY}/{archive.name}",
            made=f"{time:%Y-%m-%d %H:%M:%S} UTC",
            read_back=", ".join(parts),
            sealing_keys=len(_sealing_keys(lab)),
            your_row=_("in it"),
        )


def _backups(lab: CheckContext) -> list[Path]:
    """The backups, the one that was made last at the end; their names begin with the time."""
    backups = sorted((lab.workspace / _DIRECTORY).glob("k3s-*.tar*"), key=lambda path: path.name)
    if not backups:
        raise CheckFailed(
            _("a backup in {directory} of your workspace").format(directory=f"{_DIRECTORY}/"),
            seen=_("none"),
            hint=_("One that lies on the server only goes with the server."),
            next_step=_make(lab),
        )
    return backups


def _expect_encrypted(lab: CheckContext, archive: Path) -> None:
    try:
        with archive.open("rb") as content:
            is_encrypted = content.read(len(_AGE)) == _AGE
    except OSError as error:
        raise _unreadable(lab, str(error.strerror)) from error
    if not is_encrypted:
        name = f"{_DIRECTORY}/{archive.name}"
        raise CheckFailed(
            _("every backup encrypted"),
            seen=_("{file}: whoever finds it can read it").format(file=name),
            hint=_(
                "Every Secret of the cluster is in it, and the keys that open those in Git. Encrypted, it may lie "
                "where others have access; open, it may lie nowhere. Delete this one."
            ),
            next_step=f"rm {name}",
        )


def _key(lab: CheckContext) -> Path:
    key = lab.workspace / _KEY
    if not key.is_file():
        raise CheckFailed(
            _("the key that opens it, {file}").format(file=_KEY),
            seen=_("no such file"),
            hint=_("Without it the backup is noise. Nobody can make it again: make another one, and a new backup."),
            next_step=f"age-keygen -o {_KEY}",
        )
    return key


def _verify(lab: CheckContext, archive: Path, key: Path) -> list[str]:
    """What the backup's own script says of each part that it has read back."""
    script = checkout.infra_directory() / _SCRIPT
    verified = shell.run([script, "--verify", archive, "--identity", key], check=False, timeout=_SECONDS)
    if verified.returncode != 0:
        _object, _colon, reason = verified.stderr.strip().removeprefix("backup.sh: ").partition(": ")
        raise _unreadable(lab, reason.partition("; next: ")[0] or verified.stderr.strip())
    lines = [line.partition(":")[0] for line in verified.stdout.splitlines()[:-1]]
    return [line.removeprefix("databases/").removeprefix("claims/") for line in lines]


def _unreadable(lab: CheckContext, reason: str) -> CheckFailed:
    return CheckFailed(
        _("a backup that can be read back"),
        seen=reason,
        hint=_(
            "It has the right name, and looks like the others. Only whoever reads it back knows that it is none; and "
            "the day on which it is needed is too late for that. Fetch it again, or make another one."
        ),
        next_step=_make(lab),
    )


def _unpack(archive: Path, key: Path, directory: Path) -> None:
    packed = directory / "packed"
    shell.run(["age", "--decrypt", "--identity", key, "--output", packed, archive], timeout=_SECONDS)
    archives.unpack(packed, directory)


def _expect_sealing_keys(lab: CheckContext, content: Path) -> None:
    """Make sure that every key that opens sealed secrets is in it: they are told by their names, never by content."""
    file = content / "sealing-keys.yaml"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    if any(f"name: {name}\n" not in text for name in _sealing_keys(lab)):
        raise CheckFailed(
            _("every key that opens sealed secrets, in the backup"),
            seen=_("not the newest: it came after the backup"),
            hint=_(
                "The controller makes a new key every 30 days, and seals with the newest. What was sealed since this "
                "backup was made opens in no cluster that is rebuilt from it."
            ),
            next_step=_make(lab),
        )


def _sealing_keys(lab: CheckContext) -> list[str]:
    secrets = lab.client.list("secret", "kube-system", _SEALING_KEY)
    return sorted(secret["metadata"]["name"] for secret in secrets)


def _expect_row(lab: CheckContext, content: Path) -> None:
    """Make sure that the learner's row is stored, and in the backup's dump of the database."""
    word = f"press-{lab.nonce}"
    production.rolled_out(lab, _PROJECT)
    sensors = postgresql.query(lab.client, _SERVER, _DATABASE, "SELECT sensor FROM alerts.alert")
    if [word] not in sensors:
        raise Unsettled(
            _("your row in the database"),
            seen=_("none"),
            hint=_("prj-04 writes it, of a message that it is sent."),
            next_step=_SEND,
        )
    dump = content / "databases" / f"{_SERVER}.{postgresql.POD}.sql"
    if not dump.is_file() or word not in dump.read_text(encoding="utf-8", errors="replace"):
        raise CheckFailed(
            _("your row in the backup"),
            seen=_("the database has it, the backup does not"),
            hint=_(
                "It is whole, and it opens, and it is too old: what was written since it was made is not in it. How "
                "much that may be is how often you make one."
            ),
            next_step=_make(lab),
        )


def _make(lab: CheckContext) -> str:
    """The command that makes a backup on the server, which is the first node."""
    return _MAKE.format(server=min(node["metadata"]["name"] for node in lab.client.list("node")))
