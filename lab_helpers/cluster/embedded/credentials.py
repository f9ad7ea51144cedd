"""The certificates of a cluster and the kubeconfigs that carry them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab_helpers import files
from lab_helpers.certificates import CertificateAuthority, KeyPair
from lab_helpers.cluster.embedded.layout import EmbeddedLayout, NodeLayout

__all__ = ["FRONT_PROXY", "ClusterCredentials", "issue", "issue_node", "read"]

FRONT_PROXY = "front-proxy-client"
"""The name by which the API server passes requests on."""


@dataclass(frozen=True)
class ClusterCredentials:
    """The authority of a cluster, for as long as nodes are being made."""

    authority: CertificateAuthority
    layout: EmbeddedLayout

    def kubeconfig(self, path: Path, user: str, *groups: str, server: str = "") -> Path:
        """Issue a client certificate and write it as a kubeconfig (mode 0600), by default for a node's programs."""
        server = server or "https://{}:{}".format(*self.layout.api)
        pair = self.authority.issue(user, organizations=groups)
        content = _kubeconfig(self.layout.name, server, self.authority.pair.certificate, user, pair)
        return files.write(path, content, private=True)


def issue(layout: EmbeddedLayout) -> ClusterCredentials:
    """Make the authority and everything the control plane and its administrator present."""
    authority = CertificateAuthority(f"kubernetes-lab-{layout.name}")
    credentials = ClusterCredentials(authority, layout)
    authority.pair.write(layout.pki, "ca")
    names = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
    ]
    servers = [node.address for node in layout.server_nodes]
    addresses = [*servers, layout.api[0], layout.service_address, layout.local_address, "127.0.0.1"]
    authority.issue("kube-apiserver", names=names, addresses=addresses).write(layout.pki, "apiserver")
    client = authority.issue("kube-apiserver-kubelet-client", organizations=["system:masters"])
    client.write(layout.pki, "apiserver-kubelet-client")
    _write_service_account_key(layout.pki)
    _issue_etcd_peer(layout.pki, servers)
    _issue_front_proxy(layout.pki)
    credentials.kubeconfig(layout.config / "controller-manager.kubeconfig", "system:kube-controller-manager")
    credentials.kubeconfig(layout.config / "scheduler.kubeconfig", "system:kube-scheduler")
    credentials.kubeconfig(layout.admin, "lab-admin", "system:masters")
    address, port = layout.local_api
    credentials.kubeconfig(layout.kubeconfig, "lab-admin", "system:masters", server=f"https://{address}:{port}")
    return credentials


def read(layout: EmbeddedLayout) -> ClusterCredentials:
    """The authority of a cluster that was made before.

    Raises:
        LabError: Its certificate or key cannot be read.
    """
    return ClusterCredentials(CertificateAuthority.read(layout.pki, "ca"), layout)


def issue_node(credentials: ClusterCredentials, node: NodeLayout) -> None:
    """Make what one node presents: the kubelet as server and client, kube-proxy as client."""
    etc = node.directory / "etc"
    serving = credentials.authority.issue(f"system:node:{node.name}", names=[node.name], addresses=[node.address])
    serving.write(etc, "kubelet")
    credentials.kubeconfig(etc / "kubelet.kubeconfig", f"system:node:{node.name}", "system:nodes")
    credentials.kubeconfig(etc / "kube-proxy.kubeconfig", "system:kube-proxy")


def _issue_etcd_peer(directory: Path, servers: Sequence[str]) -> None:
    """What members of etcd show each other; nothing else has a certificate of this authority, whose key is not kept.

    A member compares the addresses in it with the one that its peer calls from.
    """
    authority = CertificateAuthority("kubernetes-lab etcd peers")
    (directory / "etcd-ca.crt").write_text(authority.pair.certificate)
    authority.issue("etcd", addresses=["127.0.0.1", *servers]).write(directory, "etcd-peer")


def _issue_front_proxy(directory: Path) -> None:
    """What the API server shows the servers it passes requests on to, which then believe it who asks.

    Of an authority of its own: by the cluster's, whoever has a client certificate could name anybody.
    """
    authority = CertificateAuthority("kubernetes-lab front proxy")
    (directory / "front-proxy-ca.crt").write_text(authority.pair.certificate)
    authority.issue(FRONT_PROXY).write(directory, "front-proxy-client")


def _write_service_account_key(directory: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    # The controller manager reads the SEC 1 form, the API server both (k8s.io/client-go/util/keyutil).
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    files.write(directory / "service-account.key", private, private=True)
    (directory / "service-account.pub").write_bytes(public)


def _kubeconfig(cluster: str, server: str, authority: str, user: str, pair: KeyPair) -> str:
    from base64 import b64encode

    def encode(text: str) -> str:
        return b64encode(text.encode()).decode()

    context = f"lab-{cluster}"
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "clusters": [
                {
                    "name": context,
                    "cluster": {"server": server, "certificate-authority-data": encode(authority)},
                }
            ],
            "users": [
                {
                    "name": user,
                    "user": {
                        "client-certificate-data": encode(pair.certificate),
                        "client-key-data": encode(pair.key),
                    },
                }
            ],
            "contexts": [{"name": context, "context": {"cluster": context, "user": user}}],
        },
        sort_keys=False,
    )
