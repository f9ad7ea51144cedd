"""Many commits in a row, some of them broken, with Argo CD killed in between: the cluster follows each good one.

``LAB_COMMITS=50`` makes it a long proof; the seconds from commit to served are printed, and are in the JUnit report.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab_helpers import shell, wait
from lab_helpers.cluster.at_hand import attached
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import CommandFailed
from lab_helpers.images import applications
from lab_helpers.workbook.room import building, environment
from tests.commands import run_lab
from tests.k8s.e2e.deployed import Deployed

_COMMITS = int(os.environ.get("LAB_COMMITS", "6"))
_SECONDS = 180.0

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600 + 60 * _COMMITS)]

_OVERLAY = "k8s/overlays/production/kustomization.yaml"
_TAG = "k8s/overlays/production/prj-02/kustomization.yaml"
_GOOD = ("v1.1.0", "v1.0.0")
_BY_HAND = "v1.3.0"
_PRODUCTION = ("-n", "argocd", "get", "application", "production")
# A release that nobody has built, a file that nobody can read, and a kind that no cluster knows: the Application says
# so in its health, in its conditions, and in its operation.
_BROKEN: tuple[tuple[str, Callable[[str], str]], ...] = (
    (_TAG, lambda text: text.replace("newTag: v1.", "newTag: v9.9.9 # v1.")),
    (_TAG, lambda text: text + "images: ["),
    ("k8s/base/services/feed.yaml", lambda text: text.replace("kind: Service", "kind: Srevice")),
)


@dataclass
class Followed:
    """The Deploy repository on the lab's Git server, and the cluster that follows it.

    Attributes:
        deployed: The repository.
        cluster: The cluster.
        variables: The environment of a learner's shell.
        compared_after: Seconds from each good commit until its push came back, and Argo CD had looked at it.
        applied_after: Seconds from each good commit until the Deployment named it.
        served_after: Seconds from each good commit until all pods were of it.
        undone_after: Seconds from each change by hand until it was undone.
    """

    deployed: Deployed
    cluster: Cluster
    variables: Mapping[str, str]
    compared_after: list[float] = field(default_factory=list)
    applied_after: list[float] = field(default_factory=list)
    served_after: list[float] = field(default_factory=list)
    undone_after: list[float] = field(default_factory=list)

    def git(self, *arguments: str) -> str:
        """Run git in the repository, as a learner does."""
        return shell.run(["git", *arguments], cwd=self.deployed.repository, env=self.variables, timeout=_SECONDS).stdout

    def follow(self) -> None:
        """Put the repository on the server, without the Secrets that were made from files, and have it followed."""
        self._edit(_OVERLAY, lambda text: text.replace("  - secrets\n", ""))
        for arguments in (
            ("init", "--quiet", "--initial-branch=main"),
            ("remote", "add", "origin", "git@git.lab:org/infra.git"),
        ):
            self.git(*arguments)
        self.commit("Begin")
        self.deployed.kubectl("apply", "-f", self.deployed.repository / "argocd/applications/production.yaml")
        synced = "--for=jsonpath={.status.sync.status}=Synced"
        self.deployed.kubectl("-n", "argocd", "wait", "application/production", synced, f"--timeout={_SECONDS:g}s")

    def commit(self, subject: str) -> None:
        """Commit what was changed, and push it."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)
        self.git("push", "--quiet", "origin", "main")

    def release(self, tag: str) -> None:
        """Deploy a release by a commit, and wait until every pod is of it."""
        self._edit(_TAG, lambda text: "".join(_with_tag(line, tag) for line in text.splitlines(keepends=True)))
        start = time.monotonic()
        self.commit(f"Deploy {tag}")
        self.compared_after.append(time.monotonic() - start)
        self._wait_named(tag)
        self.applied_after.append(time.monotonic() - start)
        self.wait_served(tag)
        self.served_after.append(time.monotonic() - start)

    def break_and_revert(self, file: str, edit: Callable[[str], str], tag: str) -> None:
        """Push a broken commit, see that what was served before still is, and take it back by a commit."""
        self._edit(file, edit)
        self.commit(f"Break {file}")
        self._wait_broken()
        assert f'"{tag}"' in self.deployed.fetch("/version")
        self.git("revert", "--no-edit", "HEAD")
        self.git("push", "--quiet", "origin", "main")
        self.wait_served(tag)

    def revert_merge(self) -> None:
        """Take back the last commit, a merge, by a commit."""
        self.git("revert", "--no-edit", "-m", "1", "HEAD")
        self.git("push", "--quiet", "origin", "main")

    def tag(self) -> str:
        """The release of prj-02 that production is to have."""
        lines = (self.deployed.repository / _TAG).read_text(encoding="utf-8").splitlines()
        return next(line.partition("newTag: ")[2] for line in lines if "newTag: " in line)

    def drift(self, tag: str) -> None:
        """Deploy another release by hand, and wait until that is undone."""
        start = time.monotonic()
        self.deployed.kubectl("-n", "prj-02", "set", "image", "deployment/prj-02", f"web=ghcr.io/org/prj-02:{_BY_HAND}")
        self.wait_served(tag)
        self.undone_after.append(time.monotonic() - start)

    def kill(self) -> None:
        """End all of Argo CD at once."""
        self.deployed.kubectl("-n", "argocd", "delete", "pod", "--all", "--force", "--grace-period=0")

    def wait_served(self, tag: str) -> None:
        """Wait until all pods of prj-02 are of a release, and no others are left."""
        self._wait_named(tag)
        self.deployed.kubectl("-n", "prj-02", "rollout", "status", "deployment/prj-02", f"--timeout={_SECONDS:g}s")

    def _wait_named(self, tag: str) -> None:
        """Wait until the Deployment names a release."""
        image = f"--for=jsonpath={{.spec.template.spec.containers[0].image}}=ghcr.io/org/prj-02:{tag}"
        self.deployed.kubectl("-n", "prj-02", "wait", "deployment/prj-02", image, f"--timeout={_SECONDS:g}s")

    def _wait_broken(self) -> None:
        """Wait until Argo CD has tried the last commit, and says what is wrong."""
        head = self.git("rev-parse", "HEAD").strip()

        def is_reported() -> bool:
            status = json.loads(self.deployed.kubectl(*_PRODUCTION, "--output=json"))["status"]
            operation = status["operationState"]
            if any(condition["type"] == "ComparisonError" for condition in status.get("conditions", [])):
                return True
            if operation.get("syncResult", {}).get("revision") != head:
                return False
            return operation["phase"] in ("Failed", "Error") or (
                operation["phase"] == "Succeeded" and status["health"]["status"] in ("Progressing", "Degraded")
            )

        wait.until(
            is_reported,
            seconds=_SECONDS,
            outcome="report what is wrong",
            object="application/production",
            last_event=lambda: self.deployed.kubectl(*_PRODUCTION, "--output=yaml"),
            every=0.2,
        )

    def _edit(self, file: str, edit: Callable[[str], str]) -> None:
        path = self.deployed.repository / file
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")


def _with_tag(line: str, tag: str) -> str:
    head, key, _rest = line.partition("newTag: ")
    return f"{head}{key}{tag}\n" if key else line


@pytest.fixture(scope="module")
def followed(lab_name: str, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """Production, applied once by hand, then followed."""
    deployed = Deployed(lab_name, tmp_path_factory.mktemp("gitops"))
    deployed.deploy("production")
    for addon in ("git-server", "argocd"):
        installed = run_lab("addon", "install", addon, "--name", lab_name, seconds=600)
        assert installed.returncode == 0, installed.stderr
    cluster = attached(lab_name)
    result = Followed(deployed, cluster, environment.variables(cluster, lambda _line: None))
    result.follow()
    return result


def test_every_good_commit_is_served_and_every_broken_one_taken_back(
    followed: Followed, record_property: Callable[[str, object], None]
) -> None:
    tags, breaks = itertools.cycle(_GOOD), itertools.cycle(_BROKEN)
    killed_at = {_COMMITS // 3, 2 * _COMMITS // 3}
    for number in range(_COMMITS):
        if number in killed_at:
            followed.kill()
        tag = next(tags)
        followed.release(tag)
        followed.drift(tag)
        if number % 2:
            followed.break_and_revert(*next(breaks), tag)
        last = (followed.compared_after[-1], followed.applied_after[-1], followed.served_after[-1])
        print(number + 1, tag, *(f"{each:.1f} s" for each in last), flush=True)  # noqa: T201 - shown by `pytest -s`
    durations = {
        "compared": followed.compared_after,
        "applied": followed.applied_after,
        "served": followed.served_after,
        "undone": followed.undone_after,
    }
    for name, seconds in durations.items():
        summary = f"median {statistics.median(seconds):.1f} s, worst {max(seconds):.1f} s, of {len(seconds)}"
        record_property(f"{name} after", summary)
        print(f"{name} after: {summary}")  # noqa: T201 - the same
    assert len(followed.served_after) == _COMMITS
    log = followed.git("log", "--format=%s", "origin/main").splitlines()
    assert sum(subject.startswith("Deploy ") for subject in log) == _COMMITS


def test_production_gets_what_ci_has_built_and_staging_has_tried(followed: Followed, tmp_path: Path) -> None:
    deployed = followed.deployed
    deployed.kubectl("create", "namespace", "prj-02-staging")
    deployed.add_pull_secret("prj-02-staging")
    shell.run([deployed.repository / "_shared/scripts/env/setup_env_secure.sh", "staging"])
    values = deployed.repository / "k8s/overlays/staging/secrets/prj-02.env"
    deployed.kubectl(
        *("-n", "prj-02-staging", "create", "secret", "generic", "prj-02-secrets", f"--from-env-file={values}")
    )
    deployed.kubectl("apply", "-f", deployed.repository / "argocd/applications/prj-02-staging.yaml")
    _wait_staging(followed, "v1.0.0")

    # What staging has, and does not work there, is refused; what goes back is not.
    before = followed.tag()
    _promote(followed, "staging", "v1.2.0")
    with pytest.raises(CommandFailed, match=r"refused: prj-02 v1\.2\.0 for production, for its staging is: "):
        _promote(followed, "production", "v1.2.0")
    followed.git("reset", "--quiet", "--hard", "origin/main")
    followed.revert_merge()

    tag = _push_application(followed, tmp_path / "app")
    _merge(followed, f"release/staging/prj-02-{tag}")
    _wait_staging(followed, tag)
    _promote(followed, "production", tag)
    followed.wait_served(tag)
    followed.revert_merge()
    followed.wait_served(before)


def _push_application(followed: Followed, directory: Path) -> str:
    """Push a commit to the App repository of prj-02, whose CI tests, builds and pushes it; the tag of its image."""
    building.prepare(followed.cluster, lambda _line: None)
    variables = environment.variables(followed.cluster, lambda _line: None)
    application = applications.load("prj_02")
    release = next(release for release in application.releases if release.tag == "v1.1.0")
    applications.write_source(application, release, directory)
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("remote", "add", "origin", "git@git.lab:org/prj-02.git"),
        ("add", "--all"),
        ("commit", "--quiet", "--message", "Begin"),
        ("push", "--quiet", "origin", "main"),
    ):
        shell.run(["git", *arguments], cwd=directory, env=variables, timeout=2 * _SECONDS)
    return "sha-" + shell.run(["git", "rev-parse", "HEAD"], cwd=directory).stdout[:7]


def _promote(followed: Followed, environment_name: str, tag: str) -> None:
    script = followed.deployed.repository / "_shared/scripts/deploy/propose-release.sh"
    shell.run([script, "prj-02", environment_name, tag], env=followed.variables)
    _merge(followed, f"release/{environment_name}/prj-02-{tag}")


def _merge(followed: Followed, branch: str) -> None:
    followed.git("fetch", "--quiet", "origin")
    followed.git("merge", "--quiet", "--no-ff", "--no-edit", f"origin/{branch}")
    followed.git("push", "--quiet", "origin", "main")


def _wait_staging(followed: Followed, tag: str) -> None:
    path = "{.status.sync.status} {.status.health.status} {.status.summary.images}"
    read = ("-n", "argocd", "get", "application", "prj-02-staging", f"--output=jsonpath={path}")

    def is_healthy() -> bool:
        state = followed.deployed.kubectl(*read)
        return state.startswith("Synced Healthy") and f':{tag}"' in state

    wait.until(is_healthy, seconds=_SECONDS, outcome=f"serve {tag}", object="prj-02-staging", every=0.2)
