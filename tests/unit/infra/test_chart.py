"""The chart makes of its values what the overlay makes, object by object; a wrong value is refused by name."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import programs, shell
from lab_helpers.errors import CommandFailed

Manifest = dict[str, Any]

VALUES = {"staging": "values-staging.yaml", "production": "values-prod.yaml"}
NAMESPACE = "prj-02"

# What Helm must have and kustomize must not, and the one value of an overlay that would be wrong here (see the file).
_MANAGED = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "prj-02-1.0.0"}
_KEPT = {"helm.sh/resource-policy": "keep"}
_CHECKSUM = "checksum/config"
_DEADLINES = {"staging": (15, 60), "production": (60, 60)}

# What the project's overlay has and its chart leaves alone: it outlives a release, or is no single application's.
# So does the Service that says where its database is.
_NOT_CHARTED = {"Namespace", "Secret", "NetworkPolicy"}


@pytest.fixture(scope="session")
def tools() -> programs.Programs:
    return programs.resolve(lambda _line: None, "helm", "kubectl")


@pytest.fixture(scope="session")
def chart(template: Path) -> Path:
    return template / "helm/apps/prj-02"


def _helm(tools: programs.Programs, chart: Path, *arguments: str) -> str:
    """What the templates make for prj-02, as ``helm upgrade`` would send it."""
    return shell.run([tools["helm"], "template", NAMESPACE, chart, "--namespace", NAMESPACE, *arguments]).stdout


def _objects(text: str) -> dict[tuple[str, str], Manifest]:
    manifests = [manifest for manifest in yaml.safe_load_all(text) if manifest]
    objects = {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in manifests}
    assert len(objects) == len(manifests)
    return objects


def _is_hook(manifest: Manifest) -> bool:
    return "helm.sh/hook" in manifest["metadata"].get("annotations", {})


@pytest.fixture(params=VALUES)
def both(
    request: pytest.FixtureRequest, tools: programs.Programs, template: Path, chart: Path
) -> tuple[str, dict[tuple[str, str], Manifest], dict[tuple[str, str], Manifest]]:
    """An environment, what its overlay makes for prj-02, and what the chart makes."""
    environment: str = request.param
    shell.run([template / "_shared/scripts/env/setup_env_secure.sh", environment])
    overlay = shell.run([tools["kubectl"], "kustomize", template / "k8s/overlays" / environment]).stdout
    rendered = _helm(tools, chart, "--values", str(chart / VALUES[environment]))
    of_project = {key: it for key, it in _objects(overlay).items() if it["metadata"].get("namespace") == NAMESPACE}
    charted = {key: it for key, it in of_project.items() if key[0] not in _NOT_CHARTED and key[1] != f"{NAMESPACE}-db"}
    assert charted
    return environment, charted, {key: it for key, it in _objects(rendered).items() if not _is_hook(it)}


def test_it_makes_what_the_overlay_makes_but_for_what_helm_must_have(both: Any) -> None:
    environment, overlay, rendered = both
    assert rendered.keys() == overlay.keys()
    for key, manifest in rendered.items():
        expected = _as_helm_has_it(overlay[key], environment)
        if key[0] == "Deployment":
            checksum = manifest["spec"]["template"]["metadata"]["annotations"].pop(_CHECKSUM)
            assert len(checksum) == 64
            if not manifest["spec"]["template"]["metadata"]["annotations"]:
                del manifest["spec"]["template"]["metadata"]["annotations"]
        assert manifest == expected, key


def _as_helm_has_it(manifest: Manifest, environment: str) -> Manifest:
    """An object of the overlay with each difference that is meant."""
    expected = copy.deepcopy(manifest)
    expected["metadata"]["labels"] |= _MANAGED
    if manifest["kind"] == "PersistentVolumeClaim":
        expected["metadata"]["annotations"] = _KEPT
    if manifest["kind"] == "Deployment":
        overlays, charts = _DEADLINES[environment]
        assert manifest["spec"]["progressDeadlineSeconds"] == overlays
        expected["spec"]["progressDeadlineSeconds"] = charts
    return expected


def test_neither_selectors_nor_pods_name_a_version_of_the_chart(both: Any) -> None:
    _environment, _overlay, rendered = both
    pods = rendered["Deployment", NAMESPACE]["spec"]["template"]["metadata"]["labels"]
    assert not pods.keys() & _MANAGED.keys()
    for manifest in rendered.values():
        assert _MANAGED["helm.sh/chart"] not in str(manifest.get("spec"))


def test_another_version_of_the_chart_alone_rolls_no_pod(tools: programs.Programs, chart: Path, tmp_path: Path) -> None:
    another = Path(shutil.copytree(chart, tmp_path / "chart"))
    declaration = another / "Chart.yaml"
    declaration.write_text(declaration.read_text().replace("version: 1.0.0", "version: 1.1.0"))
    values = f"--values={chart / 'values-prod.yaml'}"
    pods = [
        _objects(_helm(tools, directory, values))["Deployment", NAMESPACE]["spec"]["template"]
        for directory in (chart, another)
    ]
    assert pods[0] == pods[1]


def test_another_configuration_rolls_them(tools: programs.Programs, chart: Path) -> None:
    values = f"--values={chart / 'values-prod.yaml'}"
    checksums = {
        _objects(_helm(tools, chart, values, *changed))["Deployment", NAMESPACE]["spec"]["template"]["metadata"][
            "annotations"
        ][_CHECKSUM]
        for changed in ((), ("--set=config.LOG_LEVEL=warn",))
    }
    assert len(checksums) == 2


def test_its_test_gets_no_requests_of_the_application(tools: programs.Programs, chart: Path) -> None:
    rendered = _objects(_helm(tools, chart, f"--values={chart / 'values-staging.yaml'}"))
    (test,) = (manifest for manifest in rendered.values() if _is_hook(manifest))
    selector = rendered["Service", NAMESPACE]["spec"]["selector"]
    assert not selector.items() <= test["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ("--set=image.tag=latest", r"at '/image/tag': 'latest' does not match"),
        ("--set=image.tag=", r"at '/image/tag': '' does not match"),
        ("--set=image.tag=6180000", r"at '/image/tag': got number, want string"),
        ("--set=replicas=0", r"at '/replicas': minimum: got 0, want 1"),
        ("--set=replica=3", r"additional properties 'replica' not allowed"),
        ("--set=config.LOG_LEVEL=loud", r"at '/config/LOG_LEVEL': value must be one of"),
        ("--set-json=config.UNIT_PRICE=12.5", r"at '/config/UNIT_PRICE': got number, want string"),
        ("--set=config.API_KEY=x", r"at '/config': additional properties 'API_KEY' not allowed"),
        ("--set-string=config.DRAIN_SECONDS=18", r"at '/config/DRAIN_SECONDS': '18' does not match"),
        ("--set=config.PORT=null", r"at '/config': missing property 'PORT'"),
        ("--set=storage.size=lots", r"at '/storage/size': 'lots' does not match"),
        ("--set=resources.limits.memory=null", r"at '/resources/limits': missing property 'memory'"),
    ],
)
def test_a_wrong_value_is_refused_by_name(tools: programs.Programs, chart: Path, changed: str, reason: str) -> None:
    with pytest.raises(CommandFailed, match=reason):
        _helm(tools, chart, f"--values={chart / 'values-staging.yaml'}", changed)


def test_it_cannot_be_rendered_without_an_environment(tools: programs.Programs, chart: Path) -> None:
    with pytest.raises(CommandFailed, match="at '/image': missing property 'tag'"):
        _helm(tools, chart)


@pytest.mark.parametrize("values", VALUES.values())
def test_helms_own_linter_is_content(tools: programs.Programs, chart: Path, values: str) -> None:
    shell.run([tools["helm"], "lint", "--strict", "--quiet", chart, f"--values={chart / values}"])
