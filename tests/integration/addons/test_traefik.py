"""Hosts lead to Services of their own namespaces, over TLS, from this machine; nothing of the add-on is left."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import shell, wait
from lab_helpers.certificates import CertificateAuthority
from lab_helpers.cluster.at_hand import attached
from lab_helpers.cluster.base import Entry
from lab_helpers.observe.outside import Answer, ask
from tests.commands import run_lab

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

_SECONDS = 60.0
_CLUSTER_WIDE = "crd,clusterrole,clusterrolebinding,ingressclass"

Object = dict[str, Any]


class Door:
    """What is behind the door of a lab: a web server in each of two namespaces, which serves its namespace's name.

    Args:
        name: The lab.
        directory: Where the authority's certificate is written.
    """

    def __init__(self, name: str, directory: Path) -> None:
        self._kubeconfig = run_lab("kubeconfig", "--name", name).stdout.strip()
        entry = attached(name).entry
        assert entry is not None
        self.entry: Entry = entry
        authority = CertificateAuthority("a test's")
        self.authority = directory / "ca.crt"
        self.authority.write_text(authority.pair.certificate)
        self.pair = authority.issue("*.example.com", names=["*.example.com"])

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        """Run kubectl on the lab's cluster."""
        return shell.run(["kubectl", f"--kubeconfig={self._kubeconfig}", *arguments], input=input, timeout=120).stdout

    def apply(self, *objects: Object) -> None:
        """Apply objects."""
        self.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(objects))

    def serve(self, namespace: str) -> None:
        """A web server in a namespace of its own."""
        coredns = ("-n", "kube-system", "get", "deploy", "coredns", "-o", "jsonpath={..containers[*].image}")
        image = self.kubectl(*coredns).replace("/coredns:", "/busybox:")
        command = f"mkdir /tmp/www && echo {namespace} > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"
        containers = [{"name": "web", "image": image, "command": ["sh", "-c", command]}]
        metadata = {"name": "web", "namespace": namespace, "labels": {"app": "web"}}
        ports = [{"port": 80, "targetPort": 8080}]
        self.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": metadata,
                "spec": {"terminationGracePeriodSeconds": 0, "containers": containers},
            },
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": metadata,
                "spec": {"selector": {"app": "web"}, "ports": ports},
            },
        )
        self.kubectl("-n", namespace, "wait", "pod/web", "--for=condition=Ready", "--timeout=90s")

    def certify(self, namespace: str) -> None:
        """The certificate as a Secret of a namespace."""
        content = {"tls.crt": self.pair.certificate, "tls.key": self.pair.key}
        metadata = {"name": "wildcard-cert", "namespace": namespace}
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "kubernetes.io/tls",
                "metadata": metadata,
                "stringData": content,
            }
        )

    def ask(self, host: str, *, verified: bool = False) -> Answer | str:
        """What a host answers over https; why its certificate is refused, where it is to be verified."""
        try:
            return ask(f"https://{host}.example.com/", self.entry.https, self.authority if verified else None)
        except ssl.SSLCertVerificationError as error:
            return error.verify_message

    def expect(self, observe: Callable[[], object], expected: object) -> None:
        """Wait until something is as expected."""
        wait.until(
            lambda: observe() == expected,
            seconds=_SECONDS,
            outcome=f"be {expected!r}",
            object="the door",
            last_event=lambda: repr(observe()),
        )

    def status(self, host: str) -> object:
        """The status of a host's answer."""
        answer = self.ask(host)
        return answer.status if isinstance(answer, Answer) else answer

    def cluster_wide(self) -> set[str]:
        """What belongs to the whole cluster and could be the add-on's."""
        return set(self.kubectl("get", _CLUSTER_WIDE, "-o", "name").split())


def ingress(host: str, namespace: str, class_name: str | None = "traefik", secret: str = "") -> Object:
    """An Ingress by which a host leads to the web server of a namespace."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: Object = {"rules": [{"host": f"{host}.example.com", "http": {"paths": [path]}}]}
    if class_name:
        spec["ingressClassName"] = class_name
    if secret:
        spec["tls"] = [{"hosts": [f"{host}.example.com"], "secretName": secret}]
    metadata = {"name": host, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def test_hosts_lead_to_their_own_namespaces_over_tls_and_nothing_is_left(name: str, tmp_path: Path) -> None:
    door = Door(name, tmp_path)
    before = door.cluster_wide()
    for _time in range(2):
        installed = run_lab("addon", "install", "traefik", "--name", name)
        assert installed.returncode == 0, installed.stderr
    for namespace in ("one", "two"):
        door.serve(namespace)
    _prove_hosts(door)
    _prove_classes(door)
    _prove_certificates(door)
    removed = run_lab("addon", "remove", "traefik", "--name", name)
    assert removed.returncode == 0, removed.stderr
    assert door.cluster_wide() == before
    assert "traefik" not in door.kubectl("-n", "kube-system", "get", "all,secret,sa,configmap", "-o", "name")
    with pytest.raises(OSError, match=r"EOF|refused|reset|closed"):
        ask("https://one.example.com/", door.entry.https)


def _prove_hosts(door: Door) -> None:
    door.apply(ingress("one", "one"), ingress("two", "two"))
    for host in ("one", "two"):
        door.expect(lambda host=host: getattr(door.ask(host), "body", ""), f"{host}\n")  # type: ignore[misc]
    assert door.status("nobody") == 404
    answer = ask("http://two.example.com/page", door.entry.http)
    assert (answer.status // 100, answer.headers["location"]) == (3, "https://two.example.com/page")
    address = "jsonpath={.status.loadBalancer.ingress[0].ip}"
    node = door.kubectl("get", "nodes", "-o", 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}')
    door.expect(lambda: door.kubectl("-n", "one", "get", "ingress", "one", "-o", address), node)


def _prove_classes(door: Door) -> None:
    door.apply(ingress("three", "one", class_name=None), ingress("four", "one", class_name="another"))
    door.apply(ingress("five", "one"))
    door.expect(lambda: door.status("five"), 200)  # by then the ones before have been looked at
    assert [door.status("three"), door.status("four")] == [404, 404]
    door.apply(ingress("three", "one"))
    door.expect(lambda: door.status("three"), 200)


def _prove_certificates(door: Door) -> None:
    door.certify("one")
    door.apply(ingress("one", "one", secret="wildcard-cert"), ingress("two", "two", secret="wildcard-cert"))
    door.expect(lambda: getattr(door.ask("one", verified=True), "body", ""), "one\n")
    # The Secret of another namespace is none, and nobody says so: the controller shows a certificate of its own.
    door.kubectl("-n", "one", "delete", "ingress", "one")
    door.expect(lambda: door.ask("two", verified=True), "self-signed certificate")
    assert getattr(door.ask("two"), "body", "") == "two\n"
    door.certify("two")
    door.expect(lambda: getattr(door.ask("two", verified=True), "body", ""), "two\n")
