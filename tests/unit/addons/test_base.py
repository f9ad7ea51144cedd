"""DNS and storage on every provider: what is applied, with which images, and when they are ready."""

from __future__ import annotations

import pytest

from lab_helpers.addons import catalogue, installing, rendering
from lab_helpers.addons.base import BASE
from lab_helpers.cluster.embedded.layout import SERVICE_RANGE
from lab_helpers.errors import NotSupported
from lab_helpers.images import system
from tests.unit.addons.conftest import Object, ToyCluster

_NODE_IMAGES = {
    f"lab.local/{name}": f"lab.local/{name}:0123" for name in ("busybox", "coredns", "local-path-provisioner")
}


def objects(name: str, provider: str) -> dict[tuple[str, str], Object]:
    rendered = rendering.render(catalogue.addon(name), provider, _NODE_IMAGES)
    return {(content["kind"], content["metadata"]["name"]): content for content in rendered}


def test_every_cluster_comes_with_these_two() -> None:
    assert [addon.name for addon in catalogue.base_addons()] == ["dns", "local-path"]
    assert BASE.programs == system.PROGRAMS, "by which the doctor sees what is still to be built"


def test_nodes_ask_dns_where_it_is() -> None:
    assert objects("dns", "embedded")["Service", "kube-dns"]["spec"]["clusterIP"] == str(SERVICE_RANGE[10])


def test_their_images_are_those_that_nodes_hold() -> None:
    corefile = objects("dns", "embedded")["Deployment", "coredns"]["spec"]["template"]["spec"]["containers"][0]
    assert corefile["image"] == "lab.local/coredns:0123"
    storage = objects("local-path", "embedded")
    (provisioner,) = storage["Deployment", "local-path-provisioner"]["spec"]["template"]["spec"]["containers"]
    assert provisioner["image"] == "lab.local/local-path-provisioner:0123"
    assert "image: lab.local/busybox:0123\n" in storage["ConfigMap", "local-path-config"]["data"]["helperPod.yaml"]


@pytest.mark.parametrize("provider", ["embedded", "kind"])
def test_the_class_of_the_architecture_is_the_default_and_keeps_to_data(provider: str) -> None:
    storage = objects("local-path", provider)
    default = {
        name: content["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"]
        for (kind, name), content in storage.items()
        if kind == "StorageClass"
    }
    assert default.pop("local-path") == "true"
    assert set(default.values()) <= {"false"}
    assert '"paths": ["/data"]' in storage["ConfigMap", "local-path-config"]["data"]["config.json"]


def test_none_of_them_can_be_removed(cluster: ToyCluster) -> None:
    for addon in catalogue.base_addons():
        with pytest.raises(NotSupported, match="no cluster is of use without it"):
            installing.remove([addon], cluster, lambda _line: None)
