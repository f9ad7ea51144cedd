"""backup.sh where no cluster is: what it says, and what it asks of k3s, by the interface that k3s documents."""

from __future__ import annotations

import fcntl
import io
import os
import tarfile
from pathlib import Path

import pytest

from lab_helpers import shell

# A k3s server with one claim and no database. The snapshot's name is the one asked for, with node and time behind it.
K3S = """#!/bin/sh
case "$*" in
    "etcd-snapshot save --name backup --etcd-snapshot-dir "*) [ -z "$NO_ETCD" ] || { echo "$NO_ETCD" >&2; exit 1; }
        ! flock -n "$6/../lock" true || { echo "its lock is free" >&2; exit 1; }
        echo snapshot >"$6/backup-server-1-1796000000" ;;
    "kubectl get --raw /version"*) echo '{}' ;;
    "kubectl get pods "*) case "$*" in *"phase=Running"*) ;; *) echo "$PODS" ;; esac ;;
    "kubectl get persistentvolumes "*) echo "prj-02 prj-02-data-pvc Bound $NODE $CLAIM"; echo "$MORE" ;;
    "kubectl get nodes "*) printf '%s\\n' "server $BOOT" "elsewhere 0" "$NODES" ;;
    "kubectl -n prj-02 get persistentvolumeclaim "*) [ -n "$DELETED" ] || echo persistentvolumeclaim/prj-02-data-pvc ;;
    "kubectl get secrets "*) ;;
    "kubectl -n prj-01 exec postgresql-0 "*) echo "$DUMP" ;;
    *) echo "unexpected: $*" >&2; exit 64 ;;
esac
"""
PROGRAMS = (
    "awk cat cp cut date dirname du env find flock grep head mkdir mktemp mv paste rm sed sha256sum sort tail tar "
    "uname uniq"
)


class Server:
    """A k3s server of stand-ins, whose k3s answers as documented."""

    def __init__(self, template: Path, directory: Path) -> None:
        self.script = template / "_shared/scripts/k3s/backup.sh"
        self.claim, self.backups = directory / "claim", directory / "backups"
        for path in (self.claim, self.backups, directory / "bin", directory / "k3s/server"):
            path.mkdir(parents=True)
        (self.claim / "note").write_text("kept")
        (directory / "k3s/server/token").write_text("K10::server:x")
        for name, text in (("k3s", K3S), ("id", "#!/bin/sh\necho 0\n")):
            (directory / "bin" / name).write_text(text)
            (directory / "bin" / name).chmod(0o755)
        # Without kubectl, as on a server of which nobody has linked it.
        for name in PROGRAMS.split():
            (directory / "bin" / name).symlink_to(shell.find(name) or name)
        self.environment = {
            "PATH": str(directory / "bin"),
            "CLAIM": str(self.claim),
            "K3S_DATA_DIR": str(directory / "k3s"),
            "NO_ETCD": "",
            "NODE": "server",
            "BOOT": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            **dict.fromkeys(("DELETED", "DUMP", "PODS", "MORE", "NODES"), ""),
        }

    def run(self, *arguments: str | Path, **environment: str) -> shell.Completed:
        """Run the script."""
        variables = [f"{name}={value}" for name, value in (self.environment | environment).items()]
        return shell.run(["env", *variables, "/bin/sh", self.script, *arguments], check=False)


@pytest.fixture
def server(template: Path, tmp_path: Path) -> Server:
    return Server(template, tmp_path)


def claim_of(backup: Path) -> tarfile.TarFile:
    """The files of the claim in a backup."""
    with tarfile.open(backup) as archive:
        content = archive.extractfile("./claims/prj-02.prj-02-data-pvc.tar")
        assert content is not None
        return tarfile.open(fileobj=io.BytesIO(content.read()))


def test_k3s_takes_the_snapshot_where_it_is_the_server(server: Server) -> None:
    done = server.run(server.backups)
    assert done.returncode == 0, done
    (backup,) = server.backups.iterdir()
    assert backup.stat().st_mode & 0o777 == 0o600
    with tarfile.open(backup) as archive:
        assert {"./etcd.db", "./k3s-token", "./claims/prj-02.prj-02-data-pvc.tar", "./SHA256SUMS"} <= set(
            archive.getnames()
        )


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"NO_ETCD": "etcd datastore disabled"}, "k3s etcd-snapshot: etcd datastore disabled"),
        ({"CLAIM": "/nowhere"}, "claim prj-02/prj-02-data-pvc: /nowhere is no directory of this machine"),
        ({"NODE": "elsewhere"}, "claim prj-02/prj-02-data-pvc: it lies on node elsewhere, and this is server; "),
        ({"BOOT": "0"}, "claim prj-02/prj-02-data-pvc: it lies on node server, and this is no node; "),
        ({"MORE": "prj-02 prj-02-data-pvc Bound - /etc"}, "claim prj-02/prj-02-data-pvc: its volumes are /etc /"),
        ({"CLAIM": ""}, "claim prj-02/prj-02-data-pvc: its storage is no directory of this machine"),
        ({"PODS": "prj-02 postgresql-0 Pending prj-02-data-pvc"}, "database prj-02/postgresql-0: it is Pending, and "),
        ({"K3S_DATA_DIR": "/nowhere"}, "/nowhere/server/token: cp: "),
        ({"PATH": "/usr/bin:/bin"}, "etcd: there is no k3s here, and no ETCDCTL_ENDPOINTS"),
    ],
)
def test_a_backup_that_would_not_be_whole_is_none(environment: dict[str, str], reason: str, server: Server) -> None:
    refused = server.run(server.backups, **environment)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1), refused
    assert refused.stderr.startswith(f"backup.sh: {reason}")
    assert "; next: " in refused.stderr
    assert list(server.backups.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "where to, or which backup?"),
        (["/a", "/b"], "one place, not /a and /b"),
        (["--all", "/a"], "there is no option --all"),
        (["--recipient", "", "/a"], "--recipient takes a value"),
        (["--keep", "0", "/a"], "--keep takes a number from 1 on, not '0'"),
        (["/a", "--keep"], "--keep takes a value"),
        (["--recipient", "ssh-ed25519 AAAA", "/a"], "--recipient takes an age public key"),
    ],
)
def test_wrong_arguments_of_backup(arguments: list[str], reason: str, server: Server) -> None:
    refused = server.run(*arguments)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert refused.stderr.startswith(f"backup.sh: arguments: {reason}")


def test_places_that_are_not_there_and_help(server: Server) -> None:
    refused = server.run("/nowhere")
    assert (refused.returncode, "there is no such directory; next: mkdir -m 0700 /nowhere" in refused.stderr) == (
        1,
        True,
    )
    refused = server.run("--verify", "/nowhere/k3s.tar")
    reason = "backup.sh: /nowhere/k3s.tar: it cannot be read; next: ls -l /nowhere/k3s.tar\n"
    assert (refused.returncode, refused.stderr) == (1, reason)
    printed = server.run("--help").stdout
    assert printed.startswith("Back up a cluster")
    assert "set -eu" not in printed


def test_a_claim_that_is_deleted_meanwhile_is_left_out_and_said(server: Server) -> None:
    (server.claim / "note").unlink()
    server.claim.rmdir()
    refused = server.run(server.backups)
    assert (refused.returncode, "is no directory of this machine" in refused.stderr) == (1, True), refused
    done = server.run(server.backups, DELETED="yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "claim prj-02/prj-02-data-pvc was deleted meanwhile" in done.stdout
    assert " 0 claims," in done.stdout


def test_a_dump_that_was_cut_costs_no_older_backup(server: Server) -> None:
    older = server.backups / "k3s-20260101T000000Z.tar"
    older.touch()
    running, end = "prj-01 postgresql-0 Running data", "-- PostgreSQL database cluster dump complete"
    refused = server.run("--keep", "1", server.backups, PODS=running, DUMP="CREATE ROLE lab;")
    assert (refused.returncode, list(server.backups.iterdir())) == (1, [older])
    assert "database prj-01/postgresql-0: its dump ends too soon; next: " in refused.stderr
    done = server.run("--keep", "1", server.backups, PODS=running, DUMP=end)
    assert (done.returncode, older.exists()) == (0, False), done


def test_files_keep_the_numbers_of_their_owners_and_no_names(server: Server) -> None:
    assert server.run(server.backups).returncode == 0
    (backup,) = server.backups.iterdir()
    with claim_of(backup) as files:
        note, owner = files.getmember("./note"), (server.claim / "note").stat()
    assert (note.uid, note.gid) == (owner.st_uid, owner.st_gid)
    assert (note.uname, note.gname) == ("", ""), "another machine has other numbers for them"


def test_the_claims_of_a_database_that_runs_are_left_to_its_dump(server: Server) -> None:
    listed = server.run("--dry-run", server.backups, PODS="prj-02 postgresql-0 Running other prj-02-data-pvc")
    assert (listed.returncode, "database prj-02/postgresql-0" in listed.stdout) == (0, True), listed
    assert "prj-02/prj-02-data-pvc" not in listed.stdout
    listed = server.run("--dry-run", server.backups, PODS="prj-02 postgresql-0 Running prj-02-data")
    assert "prj-02/prj-02-data-pvc" in listed.stdout
    listed = server.run("--dry-run", server.backups, PODS="prj-02 postgresql-0 Pending")
    assert (listed.returncode, "postgresql-0" in listed.stdout) == (0, False), "it keeps nothing"


def test_a_volume_that_is_only_retained_counts_where_its_claim_has_no_other(server: Server, tmp_path: Path) -> None:
    retained = tmp_path / "retained"
    retained.mkdir()
    (retained / "stale").touch()
    more = "\n".join(f"prj-02 {claim} Released server {retained}" for claim in ("prj-02-data-pvc", "gone"))
    done = server.run(server.backups, MORE=f"{more}\n{more}\nprj-02 prj-02-data-pvc Released elsewhere {retained}")
    assert (done.returncode, done.stderr, " 2 claims," in done.stdout) == (0, "", True), done
    (backup,) = server.backups.iterdir()
    with claim_of(backup) as files:
        assert "./stale" not in files.getnames()


def test_nodes_that_are_containers_of_one_machine_are_told_by_its_host_name(server: Server) -> None:
    name, boot = os.uname().nodename, server.environment["BOOT"]
    assert server.run("--dry-run", server.backups, NODES=f"another {boot}").returncode == 0, "one of both"
    refused = server.run("--dry-run", server.backups, NODES=f"{name} {boot}")
    assert f"it lies on node server, and this is {name}; " in refused.stderr
    assert server.run("--dry-run", server.backups, NODES=f"{name} {boot}", NODE=name).returncode == 0
    assert server.run("--dry-run", server.backups, NODE="-").returncode == 0, "a volume that lies on no node"


def test_what_a_killed_run_has_left_goes_and_what_runs_stays(server: Server) -> None:
    names = (".backup.AbC123", ".restore.XyZ789", ".backup.d", ".backup.weekly")
    killed, running, *others = (server.backups / name for name in names)
    for directory in (killed, running, *others):
        (directory / "backup").mkdir(parents=True)
        (directory / "backup/k3s-token").write_text("K10::server:x")
    (killed / "lock").touch()
    with (running / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = server.run(server.backups)
        assert (done.returncode, done.stderr) == (0, "")
        assert (killed.exists(), running.exists()) == (False, True)
    (backup,) = server.backups.glob("k3s-*")
    server.run("--verify", backup)
    assert not running.exists()
    assert all(other.exists() for other in others), "they have no lock: they are somebody else's"
