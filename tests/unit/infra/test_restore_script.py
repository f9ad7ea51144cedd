"""restore.sh where no cluster is: what it refuses before anything is changed, and in which order it changes what."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import time
from pathlib import Path

import pytest

from lab_helpers import shell

# It writes down what changes something, and answers as a new cluster with production does.
KUBECTL = """#!/bin/sh
case "$*" in
    *" patch "* | *" delete "* | "apply "* | *" rollout restart "*) echo "$*" >>"$LOG" ;;
esac
case "$*" in
    "get --raw /version"*) echo '{}' ;;
    "get persistentvolumes "*) echo "$VOLUMES" ;;
    "get nodes "*) echo "server $(cat /proc/sys/kernel/random/boot_id)"; echo "elsewhere 0" ;;
    "get deployments --all-namespaces "*) [ -z "$CONTROLLER" ] || echo "$CONTROLLER" ;;
    "apply --server-side "*) echo "secret/sealed-secrets-keyabc12 serverside-applied" ;;
    *" get pod "*) printf %s "$POD_CREATED" ;;
    *" get deployments,statefulsets,cronjobs "*) echo "$2 Deployment $2 3$BEFORE"; echo "$2 CronJob nightly false" ;;
    "get pods --all-namespaces -l app=postgresql "*) echo "$MOUNTED" ;;
    *" get pods "*) printf %s "$PODS" ;;
    *" pg_isready "*) ;;
    *" psql "*) [ -z "$REFUSES" ] || { echo "$REFUSES" >&2; exit 3; }
        printed=$(tee -a "$LOG.psql"); case $printed in *quote_ident*) echo lab ;; esac ;;
    *" rollout status "*) [ -z "$SIGNAL" ] || kill -s "$SIGNAL" "$PPID" ;;
    *" patch "* | *" delete "* | *" wait "* | *" rollout "*) ;;
    *) echo "unexpected: $*" >&2; exit 64 ;;
esac
"""
KUBESEAL = """#!/bin/sh
case "$*" in "--recovery-unseal --recovery-private-key "*) ;; *) echo "unexpected: $*" >&2; exit 64 ;; esac
! flock -n "${3%/backup/*}/lock" true || { echo "its lock is free" >&2; exit 65; }
echo a-secret-value
while read -r key value; do
    [ "$key" != key: ] || grep -q "tls.key: $value" "$3" || { echo "no key could decrypt secret" >&2; exit 1; }
done
"""
ETCDUTL = """#!/bin/sh
grep -q snapshot "$3" && echo "hash, 1, 2, 3"
"""
TAR = """#!/bin/sh
case "$*" in *" -xpf "*) echo "$*" >>"$LOG.tar" ;; esac
exec /bin/tar "$@"
"""
K3S = """#!/bin/sh
echo "k3s $*" >>"$LOG"
[ -z "$BROKEN" ] || { printf '%s\n' "level=info msg=Starting" "$BROKEN" >&2; exit 1; }
"""
SYSTEMCTL = """#!/bin/sh
case "$*" in
    "is-active --quiet k3s") [ "$ACTIVE" = active ] ;;
    "show -p ActiveState --value k3s") echo "$ACTIVE" ;;
    *) echo "systemctl $*" >>"$LOG" ;;
esac
"""
DUMP = """-- Roles
CREATE ROLE lab;
CREATE ROLE prj_01;
-- Databases
COPY notes (text) FROM stdin;
CREATE ROLE lab;
\\.
-- PostgreSQL database cluster dump complete
"""


class Restoring:
    """A server of stand-ins, a Deploy repository and a backup, which a test changes before it runs the script."""

    def __init__(self, repository: Path, directory: Path) -> None:
        self.repository, self._directory = repository, directory
        self.log, self.claim = directory / "log", directory / "claim"
        (directory / "bin").mkdir()
        self.claim.mkdir()
        (self.claim / "fresh").write_text("of the new cluster")
        programs = {"kubectl": KUBECTL, "kubeseal": KUBESEAL, "etcdutl": ETCDUTL, "k3s": K3S, "systemctl": SYSTEMCTL}
        for name, text in {**programs, "tar": TAR, "id": "#!/bin/sh\necho 0\n"}.items():
            (directory / "bin" / name).write_text(text)
            (directory / "bin" / name).chmod(0o755)
        self.parts: dict[str, bytes] = {
            "etcd.db": b"snapshot",
            "k3s-token": b"K10::server:x",
            "claims/prj-02.prj-02-data-pvc.tar": _packed({"note": b"of before"}),
            "databases/prj-01.postgresql-0.sql": DUMP.encode(),
            "sealing-keys.yaml": b"items:\n- data:\n    tls.key: old\n",
        }
        self.seal("old")
        self.hours = 1.0
        self.variables = {
            "PATH": f"{directory}/bin:{os.environ['PATH']}",
            "LOG": str(self.log),
            "K3S_DATA_DIR": str(directory / "k3s"),
            "VOLUMES": f"prj-02 prj-02-data-pvc {_moment(0)} server {self.claim}",
            "POD_CREATED": _moment(0),
            **dict.fromkeys(("CONTROLLER", "MOUNTED", "BEFORE", "PODS", "REFUSES", "ACTIVE", "BROKEN", "SIGNAL"), ""),
        }

    def seal(self, key: str) -> None:
        """Have Git keep a secret that is sealed with a key."""
        sealed = self.repository / "_shared/secrets/sealed/production/prj-02-secrets.yaml"
        sealed.write_text(f"kind: SealedSecret\nkey: {key}\n")

    def write_backup(self) -> Path:
        """Pack the backup as backup.sh does, some hours ago."""
        sums = "".join(f"{hashlib.sha256(content).hexdigest()}  ./{name}\n" for name, content in self.parts.items())
        backup = self._directory / "k3s-20260101T000000Z.tar"
        backup.write_bytes(_packed({**self.parts, "SHA256SUMS": sums.encode()}, time.time() - self.hours * 3600))
        return backup

    def run(self, *arguments: str | Path, step: str = "data", backup: Path | None = None) -> shell.Completed:
        """Run the script."""
        variables = [f"{name}={value}" for name, value in self.variables.items()]
        script = self.repository / "_shared/scripts/k3s/restore.sh"
        argv = ["env", *variables, script, *arguments, step, "production", backup or self.write_backup()]
        return shell.run(argv, check=False)

    def changes(self) -> list[str]:
        """What was changed, one command a line."""
        return self.log.read_text().splitlines() if self.log.exists() else []


def _packed(files: dict[str, bytes], moment: float = 0) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size, member.mtime = len(text), int(moment)
            archive.addfile(member, io.BytesIO(text))
    return content.getvalue()


def _moment(hours_ago: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - hours_ago * 3600))


@pytest.fixture
def restoring(deploy_repository: Path, tmp_path: Path) -> Restoring:
    return Restoring(deploy_repository, tmp_path)


def expect_refusal(restoring: Restoring, refused: shell.Completed, reason: str) -> None:
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused
    assert reason in refused.stderr
    assert "; next: " in refused.stderr
    assert restoring.changes() == []
    assert (restoring.claim / "fresh").exists()
    assert not list(restoring.claim.parent.glob(".restore.*")), "nothing is left of what was unpacked"


@pytest.mark.parametrize("step", ["check", "keys", "data"])
def test_a_backup_that_is_not_to_be_relied_on_is_refused_by_every_step(step: str, restoring: Restoring) -> None:
    whole = restoring.write_backup()
    damaged = whole.with_name("k3s-damaged.tar")
    damaged.write_bytes(whole.read_bytes().replace(b"of before", b"of befora"))
    expect_refusal(restoring, restoring.run(step=step, backup=damaged), "claims/prj-02.prj-02-data-pvc.tar: FAILED")
    damaged.write_bytes(whole.read_bytes()[:2000])
    expect_refusal(restoring, restoring.run(step=step, backup=damaged), "it cannot be unpacked")
    encrypted = Path(whole.rename(whole.with_suffix(".tar.age")))
    (restoring.claim.parent / "bin/age").symlink_to("/bin/true")
    expect_refusal(restoring, restoring.run(step=step, backup=encrypted), "it is encrypted")
    expect_refusal(restoring, restoring.run(step=step, backup=Path("/nowhere.tar")), "/nowhere.tar: it cannot be read")


def test_an_encrypted_one_needs_an_identity_before_anything_else(restoring: Restoring) -> None:
    encrypted = restoring.write_backup().rename(restoring.claim.parent / "k3s.tar.age")
    (restoring.claim.parent / "bin" / "etcdutl").unlink()
    refused = restoring.run(backup=encrypted)
    expect_refusal(restoring, refused, f"restore.sh --identity FILE data production {encrypted}")
    assert f"{encrypted}: it is encrypted" in refused.stderr


def test_an_option_after_the_step_is_named(restoring: Restoring) -> None:
    refused = restoring.run("data", "production", "--replace")
    assert (refused.returncode, "--replace comes before the step" in refused.stderr) == (2, True), refused


@pytest.mark.parametrize("step", ["check", "keys", "data"])
def test_one_that_is_too_old_is_refused_unless_its_age_is_allowed(step: str, restoring: Restoring) -> None:
    restoring.hours = 48.1
    expect_refusal(restoring, restoring.run(step=step), ", 48 hours old, and what was written since is not in it")
    assert restoring.run("--max-age", "49", step="check").returncode == 0


@pytest.mark.parametrize("step", ["check", "keys", "data"])
def test_one_whose_keys_were_renewed_since_is_refused_by_what_git_has_sealed(step: str, restoring: Restoring) -> None:
    restoring.seal("new")
    refused = restoring.run(step=step)
    expect_refusal(restoring, refused, "prj-02-secrets.yaml is sealed with a key that came after ")
    assert "no key could decrypt secret" in refused.stderr
    assert "a-secret-value" not in refused.stdout
    restoring.parts["sealing-keys.yaml"] += b"- data:\n    tls.key: new\n"
    checked = restoring.run(step="check")
    assert (checked.returncode, "keys open 1 of Git's sealed secrets" in checked.stdout) == (0, True), checked
    del restoring.parts["sealing-keys.yaml"]
    expect_refusal(restoring, restoring.run(step=step), "it has no sealing keys, and Git has secrets sealed")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"VOLUMES": "prj-02 prj-02-data-pvc 2020-01-01T00:00:00Z server CLAIM"},
            "claim prj-02/prj-02-data-pvc: it is of 2020",
        ),
        ({"VOLUMES": ""}, "claim prj-02/prj-02-data-pvc: it is not bound here"),
        # Made when tests are collected, which may be long before the backup.
        ({"VOLUMES": f"prj-02 prj-02-data-pvc {_moment(-2)} - /nowhere"}, "/nowhere is no directory of this machine"),
        (
            {"VOLUMES": f"prj-02 prj-02-data-pvc {_moment(-2)} elsewhere CLAIM"},
            "claim prj-02/prj-02-data-pvc: it lies on node elsewhere, and this is server; ",
        ),
        ({"POD_CREATED": "2020-01-01T00:00:00Z"}, "database prj-01/postgresql-0: it is of 2020"),
        (
            {"MOUNTED": "prj-02 prj-02-data-pvc postgresql-0"},
            "claim prj-02/prj-02-data-pvc: database prj-02/postgresql-0 has it open",
        ),
        ({"PODS": "by-hand"}, "pod prj-01/by-hand: it is running, and neither a Deployment nor a StatefulSet stops it"),
    ],
)
def test_a_cluster_that_is_not_new_or_not_ready_is_left_alone(
    variables: dict[str, str], reason: str, restoring: Restoring
) -> None:
    restoring.variables |= {name: value.replace("CLAIM", str(restoring.claim)) for name, value in variables.items()}
    expect_refusal(restoring, restoring.run(), reason)


def test_a_database_is_as_old_as_its_claims_however_often_its_pod_was_started(restoring: Restoring) -> None:
    restoring.variables["MOUNTED"] = "prj-01 data-new postgresql-0\nprj-01 data-old postgresql-0\nprj-02 x postgresql-0"
    volumes = restoring.variables["VOLUMES"] + f"\nprj-01 data-new {_moment(0)} server /a"
    restoring.variables["VOLUMES"] = f"{volumes}\nprj-01 data-old 2020-01-01T00:00:00Z server /b"
    expect_refusal(restoring, restoring.run(), "database prj-01/postgresql-0: it is of 2020")
    restoring.variables |= {
        "VOLUMES": f"{volumes}\nprj-01 data-old {_moment(0)} server /b",
        "POD_CREATED": "2020-01-01T00:00:00Z",
    }
    assert restoring.run("--dry-run").returncode == 0


def test_one_that_is_older_is_taken_where_somebody_says_so(restoring: Restoring) -> None:
    restoring.variables["POD_CREATED"] = "2020-01-01T00:00:00Z"
    assert restoring.run("--replace").returncode == 0


def test_data_comes_back_while_everything_stands_still(restoring: Restoring) -> None:
    listed = restoring.run("--dry-run")
    assert (listed.returncode, restoring.changes(), len(listed.stdout.splitlines())) == (0, [], 6), listed
    (restoring.claim.parent / ".restore.AbC123/backup").mkdir(parents=True)
    (restoring.claim.parent / ".restore.AbC123/lock").touch()
    done = restoring.run()
    assert done.returncode == 0, done
    assert not list(restoring.claim.parent.glob(".restore.*")), "nor what one has left that was killed"
    changes = restoring.changes()
    stopped, started = changes[:4], changes[5:]
    assert all('"restore/before":"3"}},"spec":{"replicas":0' in change for change in (stopped[0], stopped[2]))
    assert '"restore/before":"false"}},"spec":{"suspend":true' in stopped[1]
    assert changes[4].startswith("-n prj-01 delete pod postgresql-0"), "which takes its passwords from the Secret"
    assert all('"restore/before":null}},"spec":{"replicas":3' in change for change in (started[0], started[2]))
    assert [file.name for file in restoring.claim.iterdir()] == ["note"]
    (extracted,) = restoring.log.with_suffix(".tar").read_text().splitlines()
    assert "--numeric-owner" in extracted, "the names of the old server's accounts are other numbers here"
    statements = restoring.log.with_suffix(".psql").read_text().splitlines()
    assert statements.count("CREATE ROLE lab;") == 1, "the row of a table, and not the role that is there"
    assert "CREATE ROLE prj_01;" in statements


def test_one_that_fails_halfway_leaves_everything_standing_and_the_next_run_knows_what_ran(
    restoring: Restoring,
) -> None:
    restoring.variables["REFUSES"] = "ERROR:  disk full"
    failed = restoring.run()
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1), failed
    assert "ERROR:  disk full; next: this again: what is stopped stays so until it is done" in failed.stderr
    assert not any('"replicas":3' in change for change in restoring.changes())
    restoring.variables |= {"REFUSES": "", "BEFORE": " 2"}
    assert restoring.run().returncode == 0
    assert sum('"restore/before":null}},"spec":{"replicas":2' in change for change in restoring.changes()) == 2


@pytest.mark.parametrize(("name", "code"), [("INT", 130), ("TERM", 143), ("PIPE", 141)])
def test_one_that_is_interrupted_says_what_stands_still(restoring: Restoring, name: str, code: int) -> None:
    restoring.variables["SIGNAL"] = name
    ended = restoring.run()
    assert (ended.returncode, ended.stderr.count("\n")) == (code, 1), ended
    assert "interrupted: what runs in its namespaces stands still, and its data may be half restored" in ended.stderr
    assert "; next: this again: what is stopped stays so until it is done" in ended.stderr


def test_a_directory_with_spaces_is_replaced_and_none_of_half_its_name(restoring: Restoring) -> None:
    spaced = restoring.claim.with_name("claim of mine")
    spaced.mkdir()
    restoring.variables["VOLUMES"] = f"prj-02 prj-02-data-pvc {_moment(0)} server {spaced}"
    assert restoring.run().returncode == 0
    assert [file.name for file in (*spaced.iterdir(), *restoring.claim.iterdir())] == ["note", "fresh"]


def test_keys_are_applied_by_the_server_and_a_controller_that_runs_reads_them(restoring: Restoring) -> None:
    assert restoring.run("--dry-run", step="keys").returncode == 0
    assert restoring.changes() == []
    assert restoring.run(step="keys").returncode == 0
    (applied,) = restoring.changes()
    assert applied.startswith("apply --server-side ")
    restoring.variables["CONTROLLER"] = "kube-system"
    assert restoring.run(step="keys").returncode == 0
    assert restoring.changes()[-1] == "-n kube-system rollout restart deployment sealed-secrets-controller"


def test_k3s_brings_every_object_back_by_its_own_command(restoring: Restoring) -> None:
    restoring.variables["ACTIVE"] = "active"
    expect_refusal(restoring, restoring.run(step="objects"), "k3s: it is running; next: systemctl stop k3s")
    restoring.variables["ACTIVE"] = "inactive"
    assert restoring.run("--dry-run", step="objects").returncode == 0
    assert restoring.changes() == []
    done = restoring.run(step="objects")
    assert done.returncode == 0, done
    reset, started = restoring.changes()
    assert reset.startswith("k3s server --cluster-reset --cluster-reset-restore-path=")
    assert "K10::server:x" not in reset
    assert started == "systemctl start k3s"
    token = Path(restoring.variables["K3S_DATA_DIR"], "server/token")
    assert (token.read_text(), token.stat().st_mode & 0o777) == ("K10::server:x", 0o600)
    token.write_text("K10::server:y")
    restoring.variables["BROKEN"] = "level=fatal msg=no"
    failed = restoring.run(step="objects")
    assert (failed.returncode, token.read_text()) == (1, "K10::server:y"), "of the cluster that is still on the disk"
    assert "k3s server --cluster-reset: level=fatal msg=no; next: df " in failed.stderr
    assert [file.name for file in token.parent.iterdir()] == ["token"]
    del restoring.parts["k3s-token"]
    restoring.log.unlink()
    expect_refusal(restoring, restoring.run(step="objects"), "it is not of a k3s server")


@pytest.mark.parametrize("state", ["activating", "deactivating", "reloading", ""])
def test_k3s_that_crashes_is_not_stopped(state: str, restoring: Restoring) -> None:
    restoring.variables["ACTIVE"] = state
    refused = restoring.run(step="objects")
    expect_refusal(restoring, refused, ", and not stopped; next: systemctl stop k3s")
    restoring.variables["ACTIVE"] = "failed"
    assert restoring.run("--dry-run", step="objects").returncode == 0


def test_where_there_is_no_systemd_objects_says_what_to_type(restoring: Restoring) -> None:
    programs = restoring.claim.parent / "bin"
    (programs / "systemctl").unlink()
    for directory in ("/usr/bin", "/bin"):
        for program in Path(directory).iterdir():
            if program.name != "systemctl" and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    restoring.variables["PATH"] = str(programs)
    refused = restoring.run(step="objects")
    expect_refusal(restoring, refused, "systemctl: it is not on PATH; next: by hand, ")
    assert "rc-service k3s stop; " in refused.stderr
