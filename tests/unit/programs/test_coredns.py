"""CoreDNS is built with the plugins that a cluster's Corefile names: one more would be compiled for nobody."""

import re
from importlib.resources import files

import yaml

from lab_helpers.programs.modules import DIRECTORY

_DIRECTIVE = re.compile(r"^ {4}(\w+)", re.MULTILINE)
_PLUGIN = re.compile(r'^\t_ "github\.com/coredns/coredns/plugin/(\w+)"$', re.MULTILINE)

# What kubeadm's Corefile names besides (cmd/kubeadm/app/phases/addons/dns/manifests.go of Kubernetes): the nodes of
# kind that are made from these programs run it. `metrics` is the package of the directive `prometheus`.
_OF_KUBEADM = ["forward", "loadbalance", "metrics"]


def test_its_main_imports_the_plugins_of_both_corefiles_and_no_others() -> None:
    manifest = (files("lab_helpers.addons.dns") / "manifests" / "embedded" / "coredns.yaml").read_text()
    corefile = next(part["data"]["Corefile"] for part in yaml.safe_load_all(manifest) if part["kind"] == "ConfigMap")
    main = (DIRECTORY / "coredns" / "main.go").read_text()

    assert "kubernetes" in _DIRECTIVE.findall(corefile)
    assert sorted(_PLUGIN.findall(main)) == sorted([*_DIRECTIVE.findall(corefile), *_OF_KUBEADM])
