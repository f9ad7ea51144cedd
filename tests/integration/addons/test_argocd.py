"""A push to the Git server is in the cluster within seconds, what is changed by hand is undone, and nothing is left."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import shell, wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import CommandFailed
from lab_helpers.workbook.room import environment
from tests.commands import run_lab

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

_SECONDS = 60.0
_CLUSTER_WIDE = "crd,clusterrole,clusterrolebinding,persistentvolume,namespace"
_APPLICATION: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "tried", "namespace": "argocd"},
    "spec": {
        "project": "default",
        "source": {"repoURL": "git://git.git-server.svc/org/tried.git", "targetRevision": "main", "path": "."},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
        "syncPolicy": {
            "automated": {"prune": True, "selfHeal": True},
            "syncOptions": ["ServerSideApply=true"],
            "retry": {"limit": 5, "refresh": True, "backoff": {"duration": "1s", "factor": 2, "maxDuration": "5s"}},
        },
    },
}


class Learner:
    """A learner's shell on a lab, and a repository that an Application follows.

    Args:
        cluster: The lab's.
        directory: Where the repository is made.
    """

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self._environment = environment.variables(cluster, lambda _line: None)
        self.directory = directory
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", "git@git.lab:org/tried.git")

    def run(self, *command: str | Path, input: str | None = None) -> shell.Completed:  # noqa: A002
        """Run a command as the learner does.

        Raises:
            CommandFailed: It ended with another exit code than 0.
        """
        return shell.run(command, env=self._environment, cwd=self.directory, input=input, timeout=120)

    def git(self, *arguments: str) -> shell.Completed:
        """Run git in the repository."""
        return self.run("git", *arguments)

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl, and return what it prints."""
        return self.run("kubectl", *arguments, input=input).stdout

    def commit(self, manifest: dict[str, Any] | str) -> None:
        """Commit a manifest and push it."""
        text = manifest if isinstance(manifest, str) else json.dumps(manifest)
        (self.directory / "page.json").write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Change the page")
        self.git("push", "--quiet", "origin", "main")

    def page(self) -> str:
        """What the ConfigMap in the cluster says; empty where there is none."""
        return self.kubectl("get", "configmap", "page", "--ignore-not-found", "--output=jsonpath={.data.text}")

    def wait_page(self, text: str) -> float:
        """Wait until the cluster says it, and return the seconds that it took."""
        start = time.monotonic()
        wait.until(
            lambda: self.page() == text,
            seconds=_SECONDS,
            outcome=f"say {text}",
            object="configmap/page",
            last_event=lambda: self.kubectl("-n", "argocd", "get", "application", "tried", "-o", "jsonpath={.status}"),
            every=0.1,
        )
        return time.monotonic() - start


def _page(text: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "page"}, "data": {"text": text}}


def test_git_is_what_the_cluster_follows_and_nothing_of_it_is_left(cluster: Cluster, tmp_path: Path) -> None:
    learner = Learner(cluster, tmp_path)
    before = set(learner.kubectl("get", _CLUSTER_WIDE, "-o", "name").split())
    for addon in ("git-server", "argocd", "argocd"):
        installed = run_lab("addon", "install", addon, "--name", cluster.name, seconds=600)
        assert installed.returncode == 0, installed.stderr

    learner.commit(_page("first"))
    learner.kubectl("apply", "-f", "-", input=json.dumps(_APPLICATION))
    learner.wait_page("first")
    _prove_that_commits_follow_each_other(learner)
    _prove_that_drift_is_undone(learner)
    _prove_that_a_broken_commit_changes_nothing(learner)
    _prove_that_it_goes_on_where_it_was_killed(learner)

    for addon in ("argocd", "git-server"):
        removed = run_lab("addon", "remove", addon, "--name", cluster.name)
        assert removed.returncode == 0, removed.stderr
    assert set(learner.kubectl("get", _CLUSTER_WIDE, "-o", "name").split()) == before


def test_only_repositories_are_served(cluster: Cluster, tmp_path: Path) -> None:
    learner = Learner(cluster, tmp_path)
    with pytest.raises(CommandFailed, match=r"the Git server does not answer; next: lab addon install git-server"):
        learner.git("ls-remote", "origin")
    installed = run_lab("addon", "install", "git-server", "--name", cluster.name)
    assert installed.returncode == 0, installed.stderr
    with pytest.raises(CommandFailed, match=r"org/tried.git: nothing was pushed there yet"):
        learner.git("ls-remote", "origin")
    for path in ("../etc.git", "org/.git", "org/a/b.git", "org/tried", "org/$(id).git"):
        with pytest.raises(CommandFailed, match=r"a repository is called like org/infra.git"):
            learner.git("ls-remote", f"git@git.lab:{path}")
    learner.git("commit", "--quiet", "--allow-empty", "--message", "Begin")
    learner.git("push", "--quiet", "origin", "main")
    learner.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "Begin otherwise")
    with pytest.raises(CommandFailed, match="refused: main is not rewritten"):
        learner.git("push", "--quiet", "--force", "origin", "main")
    # Who is in the cluster reads, and does not write.
    inside = ("-n", "git-server", "exec", "deployment/git-server", "--", "git", "-C", "/srv/git/org/tried.git")
    assert "refs/heads/main" in learner.kubectl(*inside, "ls-remote", "git://git.git-server.svc/org/tried.git")
    with pytest.raises(CommandFailed, match="access denied or repository not exported"):
        learner.kubectl(*inside, "push", "git://git.git-server.svc/org/tried.git", "main:other")


def _prove_that_commits_follow_each_other(learner: Learner) -> None:
    for number in range(5):
        learner.commit(_page(f"commit {number}"))
        assert learner.wait_page(f"commit {number}") < _SECONDS / 4


def _prove_that_drift_is_undone(learner: Learner) -> None:
    learner.kubectl("patch", "configmap", "page", "--type=merge", "--patch", json.dumps({"data": {"text": "by hand"}}))
    learner.wait_page("commit 4")
    learner.kubectl("delete", "configmap", "page")
    learner.wait_page("commit 4")


def _prove_that_a_broken_commit_changes_nothing(learner: Learner) -> None:
    for broken in ("{", json.dumps(_page("refused") | {"kind": "Nothing"})):
        learner.commit(broken)
        assert learner.page() == "commit 4"
        learner.git("revert", "--no-edit", "HEAD")
        learner.git("push", "--quiet", "origin", "main")
    learner.commit(_page("mended"))
    learner.wait_page("mended")


def _prove_that_it_goes_on_where_it_was_killed(learner: Learner) -> None:
    learner.kubectl("-n", "argocd", "delete", "pod", "--all", "--force", "--grace-period=0")
    learner.commit(_page("meanwhile"))
    learner.wait_page("meanwhile")
