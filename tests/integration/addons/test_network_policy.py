"""Network policies hold on an embedded cluster that has the add-on, and nothing of it holds once that is removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lab_helpers import shell, wait
from tests.commands import run_lab

pytestmark = pytest.mark.cluster

_SECONDS = 30.0
_PORT = 8080
_GET = r"printf 'GET / HTTP/1.0\r\n\r\n'"

Object = dict[str, object]


def _pod(name: str, image: str, *command: str) -> Object:
    containers = [{"name": "main", "image": image, "command": list(command)}]
    spec = {"terminationGracePeriodSeconds": 0, "containers": containers}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def _policy(name: str, selector: Object, **directions: list[Object]) -> Object:
    types = [direction.capitalize() for direction in directions]
    spec = {"podSelector": selector, "policyTypes": types, **directions}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def _labelled(name: str) -> Object:
    return {"matchLabels": {"app": name}}


class Pods:
    """A server and two clients of it, in the namespace ``default`` of a lab.

    Args:
        name: The lab.
    """

    def __init__(self, name: str) -> None:
        self._kubeconfig = run_lab("kubeconfig", "--name", name).stdout.strip()
        (coredns,) = self.kubectl(
            "-n", "kube-system", "get", "deploy", "coredns", "-o", "jsonpath={..containers[*].image}"
        ).split()
        busybox = coredns.replace("/coredns:", "/busybox:")
        serve = f"mkdir /tmp/www && echo served > /tmp/www/index.html && exec httpd -f -p {_PORT} -h /tmp/www"
        service: Object = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "server"},
            "spec": {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": _PORT}]},
        }
        clients = [_pod(client, busybox, "sleep", "infinity") for client in ("friend", "stranger")]
        self.apply(_pod("server", busybox, "sh", "-c", serve), service, *clients)
        self.kubectl("wait", "pod/server", "pod/friend", "pod/stranger", "--for=condition=Ready", "--timeout=90s")
        self.address = self.kubectl("get", "pod", "server", "-o", "jsonpath={.status.podIP}")

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl on the lab's cluster."""
        return shell.run(["kubectl", f"--kubeconfig={self._kubeconfig}", *arguments], input=input, timeout=120).stdout

    def apply(self, *objects: Object) -> None:
        """Apply objects."""
        self.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(objects))

    def resolves(self, client: str) -> bool:
        """Whether a client gets an address for the server's name from the cluster's DNS."""
        return "Name:" in self._run(client, "timeout 3 nslookup server.default.svc.cluster.local")

    def reaches(self, client: str) -> bool:
        """Whether the server answers a client that knows its address."""
        return "served" in self._run(client, f"{_GET} | timeout 3 nc {self.address} {_PORT}")

    def reaches_by_name(self, client: str) -> bool:
        """Whether the server answers a client that asks the cluster's DNS for the Service and connects to that."""
        return "served" in self._run(client, f"{_GET} | timeout 3 nc server 80")

    def _run(self, client: str, command: str) -> str:
        argv = ["kubectl", f"--kubeconfig={self._kubeconfig}", "exec", client, "--", "sh", "-c", command]
        return shell.run(argv, timeout=60, check=False).stdout


def _expect(**expectations: tuple[Callable[[str], bool], bool]) -> None:
    """Wait until each client is let through, or is not, as is expected."""
    for client, (lets_through, expected) in expectations.items():
        wait.until(
            lambda client=client, lets_through=lets_through, expected=expected: lets_through(client) is expected,  # type: ignore[misc]
            seconds=_SECONDS,
            outcome=f"{'be let through' if expected else 'be refused'}: {lets_through.__name__}",
            object=client,
        )


def test_traffic_is_allowed_and_refused_as_policies_say(name: str) -> None:
    installed = run_lab("addon", "install", "network-policy", "--name", name)
    assert installed.returncode == 0, installed.stderr
    pods = Pods(name)
    reaches, resolves, by_name = pods.reaches, pods.resolves, pods.reaches_by_name
    _expect(friend=(by_name, True), stranger=(by_name, True))

    pods.apply(_policy("refuse-all", {}, ingress=[], egress=[]))
    _expect(friend=(reaches, False), stranger=(reaches, False))
    assert not resolves("friend"), "nor does anything else leave"

    port = [{"protocol": "TCP", "port": _PORT}]
    let_in: Object = {"from": [{"podSelector": _labelled("friend")}], "ports": port}
    pods.apply(_policy("to-server", _labelled("server"), ingress=[let_in]))
    pods.apply(_policy("of-friend", _labelled("friend"), egress=[{"to": [{"podSelector": _labelled("server")}]}]))
    _expect(friend=(reaches, True))
    assert not resolves("friend"), "the server only"
    pods.apply(_policy("of-stranger", _labelled("stranger"), egress=[{}]))
    _expect(stranger=(resolves, True))
    assert not reaches("stranger"), "let out is not let in"

    dns = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    pods.apply(_policy("dns", {}, egress=[{"to": [dns], "ports": [{"protocol": "UDP", "port": 53}]}]))
    _expect(friend=(by_name, True))

    pods.kubectl("delete", "networkpolicy", "of-friend")
    _expect(friend=(reaches, False))
    assert resolves("friend"), "let in is not let out"

    pods.kubectl("delete", "networkpolicies", "--all")
    _expect(friend=(by_name, True), stranger=(by_name, True))

    pods.apply(_policy("refuse-all", {}, ingress=[], egress=[]))
    _expect(friend=(reaches, False))
    removed = run_lab("addon", "remove", "network-policy", "--name", name)
    assert removed.returncode == 0, removed.stderr
    assert by_name("friend"), "the policy is there, and nobody heeds it"
    assert not _rules(name)


def _rules(name: str) -> list[str]:
    """The rules of the node's firewall that are kube-router's."""
    argument = f"--hostname-override={name}-1".encode()
    command_lines = Path("/proc").glob("[0-9]*/cmdline")
    kubelet = next(path.parent for path in command_lines if argument in path.read_bytes().split(b"\0"))
    inside = ["nsenter", f"--net={kubelet}/ns/net", "iptables-save"]
    rules = shell.run(inside).stdout.splitlines()
    assert any("KUBE-SERVICES" in rule for rule in rules), "kube-proxy's stay"
    return [rule for rule in rules if any(mark in rule for mark in ("KUBE-ROUTER", "KUBE-POD-FW", "KUBE-NWPLCY"))]
