"""Every directory pins what it is for, and what several of them pin has one version, so that it is compiled once."""

import shlex
from pathlib import Path

import pytest

from lab_helpers import versions
from lab_helpers.errors import LabError
from lab_helpers.programs import modules
from lab_helpers.programs.modules import ToolModule

MODULES = {module.name: module for module in modules.tool_modules()}
# Its own release's versions: kind is built where nothing else is, Argo CD compiles with those of Kubernetes 1.34.
APART = {"argocd", "kind"}
# Newer than Kubernetes' own, because upstream asks for it.
NEWER = {
    "prometheus": {"golang.org/x/exp", "google.golang.org/genproto/googleapis/api"},
    "traefik": {"github.com/json-iterator/go"},
}


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_the_upstream_module_is_pinned(module: ToolModule) -> None:
    assert modules.parts(module.version) is not None
    assert (module.directory / "go.sum").exists()


def test_no_two_programs_are_called_alike() -> None:
    names = [name for module in MODULES.values() for name in module.packages]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(MODULES.keys() - APART - {"kubernetes"}))
def test_versions_are_those_of_kubernetes_programs(name: str) -> None:
    _expect_same_versions(MODULES[name], NEWER.get(name, set()))


def test_upstreams_specifications_are_of_the_kubernetes_that_runs() -> None:
    module = ToolModule(Path(__file__).parents[2] / "k8s/e2e/network_policies")
    assert module.requirements["k8s.io/kubernetes"] == versions.KUBERNETES
    _expect_same_versions(module, set())


def _expect_same_versions(module: ToolModule, newer: set[str]) -> None:
    theirs = MODULES["kubernetes"].requirements
    lagging = [
        f"-require={path}@v{theirs[path]}"
        for path, version in module.requirements.items()
        if theirs.get(path, version) != version and path not in newer
    ]
    next_step = f"cd {module.directory} && go mod edit {shlex.join(lagging)} && go mod tidy"
    assert not lagging, f"compiled twice; next: {next_step}"


def test_the_archives_are_of_the_kubernetes_that_go_mod_pins() -> None:
    assert MODULES["kubernetes"].version == versions.KUBERNETES
    for pinned in versions.SERVER_ARCHIVES.values():
        assert f"v{versions.KUBERNETES}/" in pinned.path
        assert len(pinned.sha512) == 128
        assert f"v{versions.KUBERNETES}" in pinned.source


def test_kind_is_the_one_whose_node_image_is_pinned() -> None:
    assert MODULES["kind"].version == versions.KIND


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("[path", "program.toml", "TOML"),
        ("[paths]\n", "program.toml: paths", "variables"),
        ("path = 1\n", "program.toml: path", "variables"),
        ("[path]\ntool = 1\n", "program.toml: path.tool", "string"),
    ],
)
def test_a_mistake_in_a_declaration_is_an_error_that_names_file_and_key(
    tmp_path: Path, text: str, place: str, reason: str
) -> None:
    (tmp_path / "program.toml").write_text(text)
    with pytest.raises(LabError, match=reason) as caught:
        _ = ToolModule(tmp_path).path
    assert caught.value.object == f"{tmp_path}/{place}"


@pytest.mark.parametrize(
    ("pins", "reason"),
    [
        ("go 1.26.0\nrequire example.org/a v1.0.0\n", "has no tool line"),
        ("go 1.26.0\ntool example.org/a/cmd/tool\nrequire example.org/a  v1.0.0\n", "requires no module that holds"),
        ("tool example.org/a/cmd/tool\nrequire example.org/a v1.0.0\n", "has no go line"),
    ],
)
def test_a_mistake_in_the_pins_is_an_error_that_names_the_file(tmp_path: Path, pins: str, reason: str) -> None:
    (tmp_path / "go.mod").write_text(pins)
    module = ToolModule(tmp_path)
    with pytest.raises(LabError, match=reason) as caught:
        _ = module.upstream, module.go
    assert caught.value.object == f"{tmp_path}/go.mod"
