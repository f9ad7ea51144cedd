"""What is sealed opens in its cluster only, and as long as its key is kept; nothing of the add-on is left."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import checkout, programs, shell, wait
from tests.commands import run_lab

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

_SECONDS = 60.0
_SHUT = "no key could decrypt secret (PASSWORD)"
_KEYS = "sealedsecrets.bitnami.com/sealed-secrets-key"
_CONTROLLER = "deployment/sealed-secrets-controller"
_CLUSTER_WIDE = "crd,clusterrole,clusterrolebinding"

Object = dict[str, Any]


class Sealing:
    """A learner's `kubectl` and `kubeseal` on a lab's cluster.

    Args:
        name: The lab.
    """

    def __init__(self, name: str) -> None:
        self._kubeconfig = run_lab("kubeconfig", "--name", name).stdout.strip()

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl."""
        return shell.run(["kubectl", f"--kubeconfig={self._kubeconfig}", *arguments], input=input, timeout=120).stdout

    def run_documented(self, beginning: str, directory: Path) -> None:
        """Run the commands of the Deploy repository's README on secrets that begin so."""
        text = (checkout.infra_directory() / "_shared/secrets/README.md").read_text()
        commands = text[text.index(f"```sh\n{beginning}") :].removeprefix("```sh\n").partition("```")[0]
        shell.run(["sh", "-euc", commands], cwd=directory, env={"KUBECONFIG": self._kubeconfig}, timeout=120)

    def environment_of_scripts(self, directory: Path) -> dict[str, str]:
        """What a script finds that runs on a learner's machine."""
        (directory / "kubeseal").symlink_to(_kubeseal())
        return {"KUBECONFIG": self._kubeconfig, "PATH": f"{directory}:{os.environ['PATH']}"}

    def seal(self, namespace: str, name: str, password: str, scope: str = "strict") -> Object:
        """A SealedSecret with a password."""
        secret: Object = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "stringData": {"PASSWORD": password},
        }
        options = [f"--kubeconfig={self._kubeconfig}", "--format=json", f"--scope={scope}"]
        sealed: Object = json.loads(shell.run([_kubeseal(), *options], input=json.dumps(secret)).stdout)
        return sealed

    def apply(self, sealed: Object, **metadata: str) -> None:
        """Apply a SealedSecret, under another name or in another namespace where one is given."""
        self.kubectl("apply", "-f", "-", input=json.dumps({**sealed, "metadata": sealed["metadata"] | metadata}))

    def expect_open(self, namespace: str, name: str, password: str) -> None:
        """Wait until the Secret holds the password."""
        path = ("-n", namespace, "get", "secret", name, "--ignore-not-found", "-o", "jsonpath={.data.PASSWORD}")
        wait.until(
            lambda: base64.b64decode(self.kubectl(*path)).decode() == password,
            seconds=_SECONDS,
            outcome="hold what was sealed",
            object=f"secret/{name}",
            last_event=lambda: self.message(namespace, name),
        )

    def expect_shut(self, namespace: str, name: str) -> None:
        """Wait until the controller says that it cannot open it, and see that no Secret came of it."""
        wait.until(
            lambda: self.message(namespace, name) == _SHUT,
            seconds=_SECONDS,
            outcome="stay shut",
            object=f"sealedsecret/{name}",
            last_event=lambda: self.message(namespace, name),
        )
        assert not self.kubectl("-n", namespace, "get", "secret", name, "--ignore-not-found")

    def message(self, namespace: str, name: str) -> str:
        """What the controller says of a SealedSecret."""
        path = "jsonpath={.status.conditions[0].message}"
        return self.kubectl("-n", namespace, "get", "sealedsecret", name, "-o", path)

    def keys(self) -> set[str]:
        """The names of the keys that the cluster has."""
        return set(self.kubectl("-n", "kube-system", "get", "secret", "-l", _KEYS, "-o", "name").split())

    def restart(self) -> None:
        """Start the controller anew, which reads its keys once."""
        self.kubectl("-n", "kube-system", "rollout", "restart", _CONTROLLER)
        self.wait_controller()

    def wait_controller(self) -> None:
        """Wait until the controller is rolled out."""
        self.kubectl("-n", "kube-system", "rollout", "status", _CONTROLLER, "--timeout=90s")

    def environment(self, namespace: str) -> str:
        """The password that the pods of a Deployment were started with."""
        return self.kubectl("-n", namespace, "exec", "deployment/reader", "--", "sh", "-c", "echo $PASSWORD").strip()

    def start_reader(self, namespace: str, secret: str) -> None:
        """A Deployment whose container takes the password from a Secret when it starts."""
        coredns = ("-n", "kube-system", "get", "deploy", "coredns", "-o", "jsonpath={..containers[*].image}")
        container = {
            "name": "reader",
            "image": self.kubectl(*coredns).replace("/coredns:", "/busybox:"),
            "command": ["sleep", "infinity"],
            "envFrom": [{"secretRef": {"name": secret}}],
        }
        labels = {"app": "reader"}
        template = {
            "metadata": {"labels": labels},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
        }
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "reader", "namespace": namespace},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
        self.kubectl("apply", "-f", "-", input=yaml.safe_dump(deployment))
        self.kubectl("-n", namespace, "rollout", "status", "deployment/reader", "--timeout=90s")

    def cluster_wide(self) -> set[str]:
        """What belongs to the whole cluster and could be the add-on's."""
        return set(self.kubectl("get", _CLUSTER_WIDE, "-o", "name").split())


def _kubeseal() -> Path:
    return programs.resolve(lambda _line: None, "kubeseal")["kubeseal"]


def test_what_is_sealed_opens_where_and_as_long_as_it_shall_and_nothing_is_left(name: str, tmp_path: Path) -> None:
    sealing = Sealing(name)
    before = sealing.cluster_wide()
    for _time in range(2):
        installed = run_lab("addon", "install", "sealed-secrets", "--name", name)
        assert installed.returncode == 0, installed.stderr
    for namespace in ("one", "two"):
        sealing.kubectl("create", "namespace", namespace)
    _prove_script(sealing, tmp_path / "repository")
    _prove_scopes(sealing)
    _prove_rotation(sealing)
    (tmp_path / "backup").mkdir()
    _prove_key(sealing, tmp_path / "backup")
    removed = run_lab("addon", "remove", "sealed-secrets", "--name", name)
    assert removed.returncode == 0, removed.stderr
    assert sealing.cluster_wide() == before
    remaining = sealing.kubectl("-n", "kube-system", "get", "all,secret,sa,role,rolebinding", "-o", "name")
    assert "sealed-secrets" not in remaining


def _prove_script(sealing: Sealing, repository: Path) -> None:
    """The values of a Deploy repository, sealed by its script, are what its pods get."""
    shutil.copytree(checkout.infra_directory(), repository, ignore=shutil.ignore_patterns("*.env"))
    scripts = repository / "_shared/scripts/env"
    shell.run([scripts / "setup_env_secure.sh", "staging"])
    shell.run([scripts / "seal_env.sh", "staging", "prj-02"], env=sealing.environment_of_scripts(repository.parent))
    values = (repository / "k8s/overlays/staging/secrets/prj-02.env").read_text()
    sealing.kubectl("create", "namespace", "prj-02")
    (repository / "kustomization.yaml").write_text("components: [_shared/secrets/sealed/staging]\n")
    sealing.kubectl("apply", "-k", str(repository))
    template = r'go-template={{range $key, $value := .data}}{{printf "%s=%s\n" $key (base64decode $value)}}{{end}}'
    sealing.kubectl("-n", "prj-02", "wait", "secret/prj-02-secrets", "--for=create", "--timeout=60s")
    assert sealing.kubectl("-n", "prj-02", "get", "secret", "prj-02-secrets", "-o", template) == values


def _prove_scopes(sealing: Sealing) -> None:
    strict = sealing.seal("one", "strict", "of-one")
    assert "of-one" not in json.dumps(strict)
    sealing.apply(strict)
    sealing.expect_open("one", "strict", "of-one")
    sealing.apply(strict, namespace="two")
    sealing.apply(strict, name="renamed")
    sealing.expect_shut("two", "strict")
    sealing.expect_shut("one", "renamed")

    in_namespace = sealing.seal("one", "first", "in-one", "namespace-wide")
    sealing.apply(in_namespace, name="second")
    sealing.expect_open("one", "second", "in-one")
    sealing.apply(in_namespace, namespace="two")
    sealing.expect_shut("two", "first")

    anywhere = sealing.seal("one", "anywhere", "in-all", "cluster-wide")
    sealing.apply(anywhere, namespace="two", name="elsewhere")
    sealing.expect_open("two", "elsewhere", "in-all")


def _prove_rotation(sealing: Sealing) -> None:
    sealing.start_reader("one", "strict")
    assert sealing.environment("one") == "of-one"
    sealing.apply(sealing.seal("one", "strict", "rotated"))
    sealing.expect_open("one", "strict", "rotated")
    assert sealing.environment("one") == "of-one", "what runs keeps what it was started with"
    sealing.kubectl("-n", "one", "rollout", "restart", "deployment/reader")
    sealing.kubectl("-n", "one", "rollout", "status", "deployment/reader", "--timeout=90s")
    assert sealing.environment("one") == "rotated"


def _prove_key(sealing: Sealing, directory: Path) -> None:
    first = sealing.keys()
    cutoff = shell.run(["date", "-R"]).stdout.strip()
    sealing.kubectl("-n", "kube-system", "set", "env", _CONTROLLER, f"SEALED_SECRETS_KEY_CUTOFF_TIME={cutoff}")
    sealing.wait_controller()
    assert sealing.keys() > first, "a renewed key comes beside the one before"
    sealing.kubectl("-n", "kube-system", "set", "env", _CONTROLLER, "SEALED_SECRETS_KEY_CUTOFF_TIME-")
    sealing.wait_controller()
    sealing.kubectl("-n", "one", "delete", "secret", "strict")
    sealing.expect_open("one", "strict", "rotated")
    sealing.apply(sealing.seal("one", "newer", "by-the-new-key"))
    sealing.expect_open("one", "newer", "by-the-new-key")

    sealing.run_documented("umask 077\nkubectl -n kube-system get secret", directory)
    assert [file.stat().st_mode & 0o777 for file in directory.iterdir()] == [0o600]
    sealing.kubectl("-n", "kube-system", "delete", "secret", "-l", _KEYS)
    sealing.restart()
    sealing.kubectl("-n", "one", "delete", "secret", "strict", "newer")
    sealing.expect_shut("one", "strict")
    sealing.expect_shut("one", "newer")

    for _time in range(2):  # the second over keys that are there
        sealing.run_documented("kubectl apply -f sealing-keys.yaml", directory)
        sealing.wait_controller()
    sealing.expect_open("one", "strict", "rotated")
    sealing.expect_open("one", "newer", "by-the-new-key")
