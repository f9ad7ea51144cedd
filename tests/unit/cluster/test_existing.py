"""The provider ``existing`` against a stand-in for the cluster: what it refuses, what it deletes, what it leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import checkout, paths
from lab_helpers.addons.base import BASE
from lab_helpers.cluster import choose, record
from lab_helpers.cluster.base import Cluster, State
from lab_helpers.cluster.existing import cluster as cluster_module
from lab_helpers.cluster.existing import doctor, namespaces
from lab_helpers.cluster.existing import provider as provider_module
from lab_helpers.cluster.existing.layout import ExistingLayout
from lab_helpers.cluster.existing.manifest import ACCOUNT, admin_manifest
from lab_helpers.cluster.existing.rights import rights_in
from lab_helpers.cluster.own import Own
from lab_helpers.errors import LabError, NotSupported, Unauthorized, WaitTimeout
from lab_helpers.images import registry
from lab_helpers.images.registry import Registry
from lab_helpers.observe.probe_pod import pod_manifest, pull_secret_manifest
from lab_helpers.workbook.course.territory import of_workbook
from tests.unit.cluster.their_cluster import TheirCluster

OWN = Own(context="theirs", registry="registry.example.com/team", territory=of_workbook)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TheirCluster:
    """Their cluster, reached by whoever makes a client, and a kubeconfig and a registry to go with it."""
    stand_in = TheirCluster()
    for module in (doctor, provider_module, cluster_module):
        monkeypatch.setattr(module, "Client", stand_in.client)
    monkeypatch.setattr(registry, "sign_in", lambda _: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text('{"auths": {"registry.example.com": {"auth": "bGVhcm5lcjpwYXNzd29yZA=="}}}')
    config = {
        "contexts": [{"name": "theirs", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": stand_in.server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    return stand_in


def _connect(name: str = "mine", own: Own = OWN) -> Cluster:
    return choose.provider("existing", own).create(name, lambda _: None, BASE)


def test_it_is_used_only_when_it_is_named() -> None:
    assert "existing" in choose.PROVIDERS
    assert "existing" not in choose.CANDIDATES


def test_no_other_provider_takes_what_is_the_users_own() -> None:
    for name in (choose.AUTO, *choose.CANDIDATES):
        with pytest.raises(LabError, match="makes its own cluster") as failure:
            choose.provider(name, OWN)
        assert failure.value.next_step == "--provider existing"


def test_it_connects_and_keeps_a_private_kubeconfig_and_a_record(there: TheirCluster) -> None:
    with _connect() as mine:
        assert mine.kubeconfig.stat().st_mode & 0o777 == 0o600
        assert mine.registry.root == "registry.example.com/team"
        saved = record.load("mine")
        assert saved is not None
        assert (saved.provider, saved.kubernetes, saved.details["context"]) == ("existing", "1.33.4", "theirs")
        assert choose.provider_of("mine").state("mine") is State.RUNNING
    assert choose.provider("existing").state("mine") is State.ABSENT
    assert not paths.state_directory("mine").joinpath("cluster").exists()


def test_what_is_kept_goes_on_and_is_found_again(there: TheirCluster) -> None:
    with _connect(own=replace(OWN, storage_class="gp3")) as mine:
        mine.keep()
    again = choose.provider_of("mine").attach("mine")
    assert again is not None
    assert again.storage_class == "gp3"
    assert again.is_kept
    with pytest.raises(LabError, match="works with context 'theirs', not 'other'"):
        choose.provider_of("mine", "existing", Own(context="other")).attach("mine")
    choose.provider_of("mine").delete("mine")
    assert record.load("mine") is None


def test_what_a_session_made_goes_and_the_rest_stays(there: TheirCluster) -> None:
    there.put("configmap", "precious", "prj-02")
    before = set(there.objects)
    with _connect() as mine:
        for kind in ("deployment", "pod", "secret", "pvc"):
            there.put(kind, "made", "prj-02")
        there.put("pod", "other", "lab-03")
        there.put("pod", "follows", "prj-02", ownerReferences=[{"kind": "ReplicaSet"}])
        there.put("deployment", "foreign", "default")
        mine.reset_namespaces(["prj-02"], 1)
        assert there.names("prj-02") == {"ConfigMap/precious", f"ConfigMap/{namespaces.MARKER}", "Pod/follows"}
        assert "Pod/other" in there.names("lab-03"), "a lab makes room in its own namespaces only"
    assert set(there.objects) - before == {("Deployment", "default", "foreign"), ("Pod", "prj-02", "follows")}
    assert before - set(there.objects) == set()
    assert not [request for request in there.log if request.startswith("delete namespace") or "follows" in request]


def test_a_namespace_that_does_not_become_empty_says_what_is_left(
    there: TheirCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _connect() as mine:
        there.put("pvc", "stuck", "prj-02")
        with monkeypatch.context() as patch:
            patch.setattr(there, "delete", lambda *_, **__: None)
            with pytest.raises(WaitTimeout) as failure:
                mine.reset_namespaces(["prj-02"], 0.1)
    assert failure.value.last_event == "still there: persistentvolumeclaim/stuck"


def test_an_account_that_the_learner_was_given_since_stays(there: TheirCluster) -> None:
    with _connect() as mine:
        there.put("serviceaccount", "short-lived", "prj-02")
        there.put("pod", "made", "prj-02")
        mine.reset_namespaces(["prj-02"], 5)
    assert "ServiceAccount/short-lived" in there.names("prj-02")
    assert "Pod/made" not in there.names("prj-02")


def test_without_its_note_nothing_is_deleted(there: TheirCluster) -> None:
    with _connect() as mine:
        mine.keep()
    there.objects.pop(("ConfigMap", "prj-02", namespaces.MARKER))
    there.put("pod", "made", "prj-02")
    with pytest.raises(LabError, match="nothing is deleted"):
        choose.provider_of("mine").delete("mine")
    assert "Pod/made" in there.names("prj-02")
    assert record.load("mine") is not None


def test_a_label_taken_away_while_it_runs_is_respected(there: TheirCluster) -> None:
    with _connect() as mine:
        mine.keep()
        there.put("namespace", "prj-02")
        there.put("pod", "made", "prj-02")
        with pytest.raises(LabError, match="is not the lab's"):
            mine.reset_namespaces(["prj-02"], 1)
    assert "Pod/made" in there.names("prj-02")


def test_a_missing_namespace_is_told_with_what_the_administrator_types(there: TheirCluster) -> None:
    del there.objects[("Namespace", "", "lab-probe")]
    with pytest.raises(LabError, match="namespace lab-probe: is not there") as failure:
        _connect()
    assert failure.value.next_step.startswith("lab admin-manifest | kubectl apply -f -")
    there.forbidden.add("lab-probe")
    with pytest.raises(LabError, match="or not for this user to see"):
        _connect()


def test_an_unlabelled_namespace_is_refused_before_anything_is_changed(there: TheirCluster) -> None:
    there.put("namespace", "prj-02", labels={"team": "ours"})
    with pytest.raises(LabError, match="lacks the label kubernetes-lab/workbook=true"):
        _connect()
    assert not [request for request in there.log if request.startswith(("apply", "delete"))]
    assert record.load("mine") is None
    assert not paths.state_directory("mine").joinpath("cluster").exists()


def test_rights_that_lack_are_named(there: TheirCluster) -> None:
    there.refused |= {("create", "pods/exec"), ("delete", "deployments")}
    with pytest.raises(LabError, match=r"may not delete deployments\.apps in (lab-\d+); create pods/exec in \1"):
        _connect()


def test_a_cluster_that_does_not_answer_and_a_missing_registry_are_both_told(there: TheirCluster) -> None:
    there.answers = False
    findings = {finding.name: finding for finding in choose.provider("existing", replace(OWN, registry="")).doctor()}
    assert [name for name, finding in findings.items() if not finding.ok] == ["API server", "registry"]
    assert "did not answer" in findings["API server"].seen
    assert findings["registry"].next_step.startswith("--registry ")


def test_a_second_lab_on_the_same_cluster_is_refused(there: TheirCluster) -> None:
    with _connect(), pytest.raises(LabError, match="lab mine works in the same namespaces"):
        _connect("other")
    assert record.load("other") is None
    with _connect("other"):
        pass


def test_what_a_killed_lab_left_is_cleared_by_the_next(there: TheirCluster) -> None:
    _killed("killed")
    there.put("pod", "made", "prj-02")
    assert choose.provider("existing").state("killed") is State.ENDED
    with _connect():
        assert record.load("killed") is None
        assert "Pod/made" not in there.names("prj-02")


def _killed(name: str) -> None:
    killed = _connect(name)
    assert isinstance(killed, cluster_module.ExistingCluster)
    killed.let_go()  # what the kernel does for a process that is killed


def test_a_connection_that_fails_forgets_nothing_of_a_killed_lab(there: TheirCluster) -> None:
    _killed("mine")
    there.put("pod", "made", "prj-02")
    there.answers = False
    with pytest.raises(LabError, match="API server"):
        _connect()
    assert choose.provider("existing").state("mine") is State.ENDED
    there.answers = True
    choose.provider_of("mine").delete("mine")
    assert there.names("prj-02") == set()


def test_a_lab_that_was_killed_on_another_cluster_is_ended_first(there: TheirCluster) -> None:
    _killed("mine")
    saved = record.load("mine")
    assert saved is not None
    record.save(replace(saved, details={**saved.details, "server": "https://elsewhere.example.com"}))
    with pytest.raises(LabError, match="lab mine: has worked on") as failure:
        _connect()
    assert "https://elsewhere.example.com" in failure.value.reason
    assert failure.value.next_step == "lab down --name mine"
    assert record.load("mine") is not None


def test_an_interrupted_connection_takes_its_notes_back(there: TheirCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    there.put("configmap", "precious", "prj-02")
    before = set(there.objects)

    waited, interruptions = namespaces._wait_empty, [KeyboardInterrupt()]

    def interrupted_once(*arguments: Any) -> None:
        if interruptions:
            raise interruptions.pop()
        waited(*arguments)

    monkeypatch.setattr(namespaces, "_wait_empty", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        _connect()
    assert set(there.objects) == before
    assert record.load("mine") is None
    assert not paths.state_directory("mine").exists()


def test_a_connection_that_cannot_be_taken_back_is_remembered(
    there: TheirCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.put("pvc", "stuck", "prj-02")
    _killed("mine")
    with monkeypatch.context() as patch:
        there.put("pvc", "stuck-too", "prj-02")
        patch.setattr(there, "delete", lambda *_, **__: None)
        patch.setattr(provider_module, "_EMPTY_SECONDS", 0.1)
        patch.setattr(provider_module, "_TAKE_BACK_SECONDS", 0.1)
        with pytest.raises(WaitTimeout) as failure:
            _connect()
    assert failure.value.last_event == "still there: persistentvolumeclaim/stuck-too"
    assert choose.provider("existing").state("mine") is State.ENDED
    choose.provider_of("mine").delete("mine")
    assert there.names("prj-02") == {"PersistentVolumeClaim/stuck"}


def test_a_cluster_that_is_gone_keeps_its_record_and_says_how_to_forget_it(there: TheirCluster) -> None:
    with _connect() as mine:
        mine.keep()
    there.answers = False
    with pytest.raises(LabError, match="were not emptied") as failure:
        choose.provider_of("mine").delete("mine")
    assert str(record.path("mine")) in failure.value.next_step
    assert record.load("mine") is not None


def test_what_is_called_as_what_the_workbook_makes_is_refused_before_it_is_changed(there: TheirCluster) -> None:
    there.put("deployment", "prj-02", "prj-02")
    before = dict(there.objects)
    with pytest.raises(LabError, match="has deployment/prj-02 already"):
        _connect()
    assert there.objects == before
    there.objects.pop(("Deployment", "prj-02", "prj-02"))
    there.put("secret", "ghcr-secret", "prj-02", ownerReferences=[{"kind": "ExternalSecret"}])
    with pytest.raises(LabError, match="has secret/ghcr-secret already"):
        _connect()
    there.objects.pop(("Secret", "prj-02", "ghcr-secret"))
    _killed("mine")
    there.put("deployment", "prj-02", "prj-02")  # which that lab made
    with _connect():
        assert "Deployment/prj-02" not in there.names("prj-02")


def test_a_note_that_is_none_is_told(there: TheirCluster) -> None:
    there.put("configmap", namespaces.MARKER, "prj-02")
    with pytest.raises(LabError, match="is called as the lab's note, and is none"):
        _connect()


def test_all_that_the_workbook_applies_is_among_what_it_says_it_makes() -> None:
    places = (checkout.infra_directory() / "k8s" / "base", *(checkout.labs_directory() / "lab_03_cluster").glob("s*"))
    files = (file for place in places for file in place.rglob("*.yaml"))
    applied = [yaml.safe_load(file.read_text()) for file in files]
    applied += [
        pod_manifest("lab-probe", "image", {"PROBE_SECONDS": "1"}, True),
        pull_secret_manifest("lab-probe", b""),
    ]
    objects = {
        (manifest["metadata"]["namespace"], f"{manifest['kind'].lower()}/{manifest['metadata']['name']}")
        for manifest in applied
        if "namespace" in manifest.get("metadata", {})
    }
    assert len(objects) > 5
    assert {(place, name) for place, name in objects if name not in of_workbook().makes[place]} == set()


def test_a_kept_lab_goes_on_with_new_credentials(there: TheirCluster, tmp_path: Path) -> None:
    with _connect() as mine:
        mine.keep()
    there.put("pod", "made", "prj-02")
    there.knows_user = False
    with pytest.raises(LabError, match="were not emptied") as failure:
        choose.provider_of("mine").delete("mine")
    assert failure.value.next_step.startswith("lab up --provider existing --name mine")
    with pytest.raises(LabError, match="Unauthorized"):
        _connect()
    there.knows_user = True
    config = tmp_path / "kubeconfig"
    config.write_text(config.read_text().replace("token: t", "token: new"))
    with _connect(own=Own(context="theirs")) as again:  # what is not said again is as it was
        assert again.registry.root == OWN.registry
        assert "token: new" in again.kubeconfig.read_text()
        assert again.is_kept
    assert "Pod/made" in there.names("prj-02"), "it goes on as it was"
    choose.provider_of("mine").delete("mine")
    assert there.names("prj-02") == set()


def test_a_storage_class_that_is_not_there_is_told(there: TheirCluster) -> None:
    with pytest.raises(LabError, match="storageclass/nope: is not there") as failure:
        _connect(own=replace(OWN, storage_class="nope"))
    assert "--storage-class NAME" in failure.value.next_step
    there.forbidden.add("nope")
    with _connect(own=replace(OWN, storage_class="nope")) as mine:
        assert mine.storage_class == "nope"


@pytest.mark.parametrize(
    ("failure", "step"),
    [
        (Unauthorized("refused"), "docker login registry.example.com"),
        (LabError("does not answer: [SSL: CERTIFICATE_VERIFY_FAILED] unable"), "--registry-ca FILE"),
        (LabError("does not answer: Connection refused"), "curl https://registry.example.com/v2/"),
        (LabError("lets strangers in", next_step="--registry OTHER"), "--registry OTHER"),
    ],
)
def test_a_registry_that_will_not_do_is_told_with_what_to_type(
    there: TheirCluster, monkeypatch: pytest.MonkeyPatch, failure: LabError, step: str
) -> None:
    def sign_in(_registry: Registry) -> None:
        raise failure

    monkeypatch.setattr(registry, "sign_in", sign_in)
    finding = next(each for each in choose.provider("existing", OWN).doctor() if each.name == "registry")
    assert not finding.ok
    assert finding.next_step.startswith(step)


def test_its_nodes_are_not_the_labs_to_change(there: TheirCluster) -> None:
    with _connect() as mine, pytest.raises(NotSupported):
        choose.provider("existing").trust_registry("mine", mine.registry)


def test_what_holds_a_lab_ends_with_the_process(tmp_path: Path) -> None:
    layout = ExistingLayout("mine", tmp_path)
    assert not layout.is_held
    with layout.hold():
        assert layout.is_held
    assert not layout.is_held


def test_the_registry_is_noted_where_the_lab_finds_it(there: TheirCluster) -> None:
    with _connect() as mine:
        own_registry: Registry = mine.registry
        assert (own_registry.username, own_registry.password) == ("learner", "password")
        assert own_registry.password_file.stat().st_mode & 0o777 == 0o600


def test_that_the_cluster_gets_what_pushes_is_said_plainly(there: TheirCluster) -> None:
    messages: list[str] = []
    with choose.provider("existing", OWN).create("mine", messages.append, BASE):
        pass
    said = next(line for line in messages if line.startswith("pull secrets: "))
    assert "learner's credentials, the very ones that push" in said
    assert "--registry-pull-config FILE" in said


def test_credentials_that_only_pull_go_to_the_cluster_alone_and_are_remembered(
    there: TheirCluster, tmp_path: Path
) -> None:
    file = tmp_path / "puller.json"
    file.write_text('{"auths": {"registry.example.com": {"auth": "cm9ib3Q6b25seS1wdWxscw=="}}}')
    messages: list[str] = []
    with choose.provider("existing", replace(OWN, registry_pull_config=file)).create(
        "mine", messages.append, BASE
    ) as mine:
        assert "pull secrets: hold the credentials of robot, and never those of learner" in messages
        mine.keep()
    renewed = choose.provider("existing", OWN).create("mine", messages.append, BASE)
    assert renewed.registry.puller.username == "robot", "also where the same `lab up` renews it"
    choose.provider("existing", OWN).delete("mine")


def test_credentials_that_cannot_pull_are_told_before_anything_is_made(
    there: TheirCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "puller.json"
    file.write_text('{"auths": {"registry.example.com": {"auth": "cm9ib3Q6b25seS1wdWxscw=="}}}')

    def sign_in(target: Registry) -> None:
        if target.username == "robot":
            raise Unauthorized("the registry refused the user name or password", object=target.host)

    monkeypatch.setattr(registry, "sign_in", sign_in)
    with pytest.raises(LabError, match="refused the user name") as failure:
        _connect(own=replace(OWN, registry_pull_config=file))
    assert failure.value.next_step.startswith("--registry-pull-config FILE")
    assert record.load("mine") is None


def test_the_administrators_manifest_gives_an_account_the_rights_and_no_more() -> None:
    needed = of_workbook().namespaces
    objects = list(yaml.safe_load_all(admin_manifest(of_workbook())))
    of = {
        kind: [manifest for manifest in objects if manifest["kind"] == kind]
        for kind in {manifest["kind"] for manifest in objects}
    }
    assert set(of) == {"Namespace", "ServiceAccount", "Role", "RoleBinding"}, "nothing that holds for the cluster"
    assert [manifest["metadata"]["name"] for manifest in of["Namespace"]] == list(needed)
    assert all(
        manifest["metadata"]["labels"][namespaces.LABEL] == namespaces.LABEL_VALUE for manifest in of["Namespace"]
    )
    prj_02 = next(manifest for manifest in of["Namespace"] if manifest["metadata"]["name"] == "prj-02")
    assert prj_02["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted", "as the template has it"
    assert [manifest["metadata"]["namespace"] for manifest in of["Role"]] == list(needed)
    assert all(manifest["rules"] == [right.rule() for right in rights_in(of_workbook())] for manifest in of["Role"])
    assert {manifest["subjects"][0]["name"] for manifest in of["RoleBinding"]} == {ACCOUNT}
    assert not [manifest for manifest in of["Role"] if "*" in str(manifest["rules"])]


def test_the_manifest_may_be_for_one_namespace_and_its_account_stays_where_it_was() -> None:
    objects = list(yaml.safe_load_all(admin_manifest(of_workbook(), ["prj-02"])))
    assert [manifest["kind"] for manifest in objects] == ["Namespace", "Role", "RoleBinding"]
    assert objects[-1]["subjects"][0]["namespace"] == of_workbook().home


@pytest.mark.parametrize("namespace", ["kube-system", "default", "A b"])
def test_the_manifest_labels_no_namespace_but_the_workbooks(namespace: str) -> None:
    with pytest.raises(LabError, match="the workbook does not work in it, but in lab-"):
        admin_manifest(of_workbook(), [namespace])


def test_where_a_lab_worked_is_read_from_what_it_wrote_down(there: TheirCluster) -> None:
    with _connect() as mine:
        mine.keep()
    file = ExistingLayout("mine", paths.state_directory("mine") / "cluster").territory
    text = file.read_text()
    for broken in ("", "{}", '{"makes": [], "rights": {}}'):
        file.write_text(broken)
        with pytest.raises(LabError, match="its namespaces were not emptied: does not say in which") as failure:
            choose.provider_of("mine").delete("mine")
        assert failure.value.last_event == str(file)
    file.write_text(text)
    there.put("pod", "made", "prj-02")
    choose.provider_of("mine").delete("mine")
    assert "Pod/made" not in there.names("prj-02")


def test_a_record_that_cannot_be_read_is_no_end_of_the_cluster(
    there: TheirCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_SECONDS_BETWEEN_LOOKS", 0.01)
    looks = []

    def load(name: str) -> None:
        looks.append(name)
        if len(looks) < 3:
            raise record.Unreadable(name, "edited")

    with _connect() as cluster, monkeypatch.context() as patch:
        patch.setattr(record, "load", load)
        lost = cluster.watch_end().wait()
    assert len(looks) == 3
    assert lost is not None
    assert "was deleted by another command" in lost.reason
