"""Many commits in a row, some of them broken, with Argo CD killed in between: the cluster follows each good one.

``LAB_COMMITS=50`` makes it a long proof; the seconds from commit to served are printed, and are in the JUnit report.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from lab_helpers import shell, wait
from lab_helpers.cluster.at_hand import attached
from lab_helpers.cluster.choose import provider
from lab_helpers.workbook.room import environment
from tests.commands import run_lab
from tests.integration.cluster.remains import assert_nothing_remains
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
        deployed: The repository and the cluster.
        variables: The environment of a learner's shell.
        served_after: Seconds from each push of a good commit until all pods were of it.
        undone_after: Seconds from each change by hand until it was undone.
    """

    deployed: Deployed
    variables: Mapping[str, str]
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
        status = "{.spec.template.spec.containers[0].image} {.status.observedGeneration}={.metadata.generation} "
        status += "{.status.updatedReplicas}={.status.availableReplicas}={.status.replicas}={.spec.replicas}"

        def is_served() -> bool:
            image, *equal = self._deployment(status).split()
            return image.endswith(f":{tag}") and all(len(set(numbers.split("="))) == 1 for numbers in equal)

        wait.until(
            is_served,
            seconds=_SECONDS,
            outcome=f"serve {tag}",
            object="deployment/prj-02",
            last_event=lambda: self.deployed.kubectl(*_PRODUCTION, "--output=yaml"),
            every=0.2,
        )

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

    def _deployment(self, path: str) -> str:
        return self.deployed.kubectl("-n", "prj-02", "get", "deployment", "prj-02", f"--output=jsonpath={path}")

    def _edit(self, file: str, edit: Callable[[str], str]) -> None:
        path = self.deployed.repository / file
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")


def _with_tag(line: str, tag: str) -> str:
    head, key, _rest = line.partition("newTag: ")
    return f"{head}{key}{tag}\n" if key else line


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """Production, applied once by hand, then followed."""
    name = f"t-gitops-{uuid.uuid4().hex[:6]}"
    try:
        deployed = Deployed(name, tmp_path_factory.mktemp("gitops"))
        deployed.deploy("production")
        for addon in ("git-server", "argocd"):
            installed = run_lab("addon", "install", addon, "--name", name, seconds=600)
            assert installed.returncode == 0, installed.stderr
        result = Followed(deployed, environment.variables(attached(name), lambda _line: None))
        result.follow()
        yield result
    finally:
        provider("embedded").delete(name)
        assert_nothing_remains(name)


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
    for name, seconds in (("served", followed.served_after), ("undone", followed.undone_after)):
        summary = f"median {statistics.median(seconds):.1f} s, worst {max(seconds):.1f} s, of {len(seconds)}"
        record_property(f"{name} after", summary)
        print(f"{name} after: {summary}")  # noqa: T201 - shown by `pytest -s`
    assert len(followed.served_after) == _COMMITS
    log = followed.git("log", "--format=%s", "origin/main").splitlines()
    assert sum(subject.startswith("Deploy ") for subject in log) == _COMMITS
