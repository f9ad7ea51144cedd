"""What an add-on applies, in which order, twice, and taken back; and what is said where it cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab_helpers import programs
from lab_helpers.addons import applied, catalogue, installing
from lab_helpers.addons.contract import Addon, ProgramImage, Selection
from lab_helpers.addons.installing import Presence
from lab_helpers.errors import LabError, NotSupported
from tests.unit.addons.conftest import ObjectServer, ToyCluster

_ORDER = ["toys.toys.example.com", "toys", "kubernetes-lab-throw-away", "account", "role", "toy", "own"]
_LAST = "v1.toys.example.com"


@pytest.fixture(autouse=True)
def _kubectl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "resolve", lambda _report, *names: {name: Path("/none") for name in names})


def quiet(_line: str) -> None:
    return


def test_a_directory_is_all_that_an_add_on_is(throw_away: Addon) -> None:
    assert "throw-away" in catalogue.names()
    assert throw_away in catalogue.all_addons()


def test_an_unknown_one_is_refused_with_those_there_are(throw_away: Addon) -> None:
    with pytest.raises(LabError, match=r"is no add-on; there are .*throw-away") as refused:
        catalogue.addon("threw-away")
    assert refused.value.next_step == "lab addon list"


def test_definitions_come_first_and_what_reaches_into_every_request_last(
    throw_away: Addon, cluster: ToyCluster, server: ObjectServer
) -> None:
    installing.install(throw_away, cluster, quiet)
    assert server.applied == [*_ORDER, _LAST]
    assert installing.presence(throw_away, cluster) is Presence.READY


def test_pods_pull_with_the_labs_own_secret(throw_away: Addon, cluster: ToyCluster, server: ObjectServer) -> None:
    installing.install(throw_away, cluster, quiet)
    secret = [{"name": "kubernetes-lab-throw-away"}]
    pod = server.objects["/apis/apps/v1/namespaces/toys/deployments/toy"]["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == secret
    assert server.objects["/api/v1/namespaces/toys/serviceaccounts/account"]["imagePullSecrets"] == secret
    pulled = server.objects["/api/v1/namespaces/toys/secrets/kubernetes-lab-throw-away"]
    assert pulled["stringData"] == {".dockerconfigjson": cluster.registry.docker_credentials()}


def test_installed_twice_it_is_the_same_and_removed_nothing_of_it_is_left(
    throw_away: Addon, cluster: ToyCluster, server: ObjectServer
) -> None:
    installing.install(throw_away, cluster, quiet)
    once = dict(server.objects)
    installing.install(throw_away, cluster, quiet)
    assert server.objects == once
    installing.remove([throw_away], cluster, quiet)
    assert server.objects == {}
    assert installing.presence(throw_away, cluster) is Presence.ABSENT
    installing.remove([throw_away], cluster, quiet)


def test_it_goes_backwards_and_custom_resources_go_with_their_definition(
    throw_away: Addon, cluster: ToyCluster, server: ObjectServer
) -> None:
    installing.install(throw_away, cluster, quiet)
    installing.remove([throw_away], cluster, quiet)
    backwards = ["toy", "role", "account", "kubernetes-lab-throw-away", "toys"]
    assert server.deleted == [_LAST, "toys.toys.example.com", *backwards]


def test_several_go_together_the_definitions_of_all_before_the_namespaces_of_any(
    throw_away: Addon, cluster: ToyCluster, server: ObjectServer
) -> None:
    installing.install(throw_away, cluster, quiet)
    other = replace(throw_away, name="thrown-away")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "others", "uid": "uid-of-others"}}
    server.objects["/api/v1/namespaces/others"] = namespace
    applied.note(other, cluster, [namespace])
    installing.remove([throw_away, other], cluster, quiet)
    assert server.objects == {}
    assert server.deleted.index("toys.toys.example.com") < server.deleted.index("toy") < server.deleted.index("others")
    assert applied.identities(other, cluster) == []


def test_what_it_made_of_itself_goes_after_it_and_what_only_looks_like_it_stays(
    throw_away: Addon, cluster: ToyCluster, server: ObjectServer
) -> None:
    addon = replace(throw_away, generated=(Selection("Secret", "toys", "toys.example.com/key"),))
    installing.install(addon, cluster, quiet)
    mine, key = (f"/api/v1/namespaces/toys/secrets/{name}" for name in ("mine", "key"))
    labels = {"toys.example.com/key": "active"}
    server.objects[mine] = {"metadata": {"name": "mine", "uid": "uid-of-mine"}}
    server.objects[key] = {"metadata": {"name": "key", "uid": "uid-of-key", "labels": labels}}
    installing.remove([addon], cluster, quiet)
    assert server.deleted[-1] == "key"
    assert list(server.objects) == [mine]


def test_what_was_half_applied_is_taken_back_too(throw_away: Addon, cluster: ToyCluster, server: ObjectServer) -> None:
    server.refused["role"] = "role is invalid"
    with pytest.raises(LabError, match="a manifest was refused: role is invalid") as refused:
        installing.install(throw_away, cluster, quiet)
    assert refused.value.object == "add-on throw-away: clusterrole/role"
    assert refused.value.next_step == "lab addon remove throw-away --name toy"
    assert installing.presence(throw_away, cluster) is Presence.NOT_READY
    installing.remove([throw_away], cluster, quiet)
    assert server.objects == {}


@pytest.mark.parametrize(
    "manifest", ["a: [", "kind: Namespace", "- a list", "apiVersion: v1\nkind: Secret\nmetadata: {}"]
)
def test_what_is_no_manifest_is_said_by_its_directory(throw_away: Addon, cluster: ToyCluster, manifest: str) -> None:
    directory = throw_away.directory / "manifests" / "base"
    (directory / "all.yaml").write_text(manifest)
    with pytest.raises(LabError, match="is no manifest") as refused:
        installing.install(throw_away, cluster, quiet)
    assert refused.value.object == str(directory)


def test_an_image_that_cannot_be_built_ends_it_before_anything_is_applied(
    throw_away: Addon, cluster: ToyCluster, server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_report: object, *names: str) -> None:
        raise LabError("does not compile", object=names[0], next_step="go env GOPROXY")

    monkeypatch.setattr(programs, "resolve", fail)
    with pytest.raises(LabError, match="toy-server: does not compile"):
        installing.install(replace(throw_away, images={"toy": ProgramImage(("toy-server",))}), cluster, quiet)
    assert server.applied == []


def test_what_comes_with_the_cluster_is_waited_for_and_not_removed(
    throw_away: Addon, server: ObjectServer, tmp_path: Path
) -> None:
    cluster = ToyCluster(tmp_path, server.api.port, "k3d")
    server.objects["/apis/apps/v1/namespaces/toys/deployments/toy"] = _available()
    installing.install(throw_away, cluster, quiet)
    assert server.applied == []
    with pytest.raises(NotSupported, match="comes with the clusters of provider k3d"):
        installing.remove([throw_away], cluster, quiet)


def test_on_somebody_elses_cluster_what_is_there_counts_and_nothing_is_applied(
    throw_away: Addon, server: ObjectServer, tmp_path: Path
) -> None:
    cluster = ToyCluster(tmp_path, server.api.port, "existing")
    with pytest.raises(NotSupported, match="is not there, and on a cluster of yours") as refused:
        installing.install(throw_away, cluster, quiet)
    assert refused.value.object == "add-on throw-away"
    server.objects["/apis/apps/v1/namespaces/toys/deployments/toy"] = _available()
    installing.install(throw_away, cluster, quiet)
    assert server.applied == []


def test_what_nothing_tells_of_somebody_elses_cluster_is_absent(
    throw_away: Addon, server: ObjectServer, tmp_path: Path
) -> None:
    cluster = ToyCluster(tmp_path, server.api.port, "existing")
    requests = len(server.api.calls)
    assert installing.presence(replace(throw_away, provided={}), cluster) is Presence.ABSENT
    assert len(server.api.calls) == requests


def test_what_a_cluster_should_have_come_with_and_lacks_is_absent(
    throw_away: Addon, server: ObjectServer, tmp_path: Path
) -> None:
    cluster = ToyCluster(tmp_path, server.api.port, "k3d")
    assert installing.presence(throw_away, cluster) is Presence.ABSENT
    server.objects["/apis/apps/v1/namespaces/toys/deployments/toy"] = {**_available(), "status": {}}
    assert installing.presence(throw_away, cluster) is Presence.NOT_READY


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "null",
        '["v1"]',
        '[{"api_version": 1, "kind": "Secret", "name": "a"}]',
        '[{"api_version": "v1", "kind": ["Secret"], "name": "a"}]',
        '[{"api_version": "v1", "kind": "Secret", "name": "a", "namespace": null}]',
    ],
)
def test_a_note_that_somebody_edited_is_said_so(throw_away: Addon, cluster: ToyCluster, content: str) -> None:
    installing.install(throw_away, cluster, quiet)
    note = cluster.kubeconfig.parent / "addons" / "throw-away.json"
    note.write_text(content)
    with pytest.raises(LabError, match="cannot be read") as refused:
        installing.remove([throw_away], cluster, quiet)
    assert refused.value.object == str(note)


def _available() -> dict[str, object]:
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    return {"metadata": {"generation": 1}, "status": status}
