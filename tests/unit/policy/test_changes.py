"""A change in words: what comes and goes, what rolls, what is refused; what changes nothing is silent."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import typer

from lab_helpers.cli.diff import Format, diff
from lab_helpers.errors import LabError
from lab_helpers.policy.changes import compare, of_directory, of_revision
from lab_helpers.policy.changes.comparing import Objects
from lab_helpers.policy.changes.effects import EffectKind
from lab_helpers.policy.changes.fields import MASK

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: log, image: "ghcr.io/org/log:v1.0.0"}
        - name: web
          image: ghcr.io/org/web:v1.0.0
          envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: keys}}]
          resources: {limits: {cpu: 1000m, memory: 1Gi}}
      volumes: [{name: files, configMap: {name: files}}]
"""
STATEFUL = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  updateStrategy: {type: OnDelete}
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "postgres:16.4"}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}]
"""
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: shop-db-pvc, namespace: shop}
spec: {storageClassName: local-path, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {LOG: info}\n"
FILES = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: files, namespace: shop}\ndata: {LOG: info}\n"
KEYS = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: shop}\nstringData: {KEY: before-it}\n"
JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: shop}
spec: {template: {spec: {containers: [{name: migrate, image: "ghcr.io/org/web:v1.0.0"}]}}}
"""
CRON = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: shop}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: report, image: "ghcr.io/org/web:v1.0.0"}]}}}}}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}
"""
ADDRESSED = "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\nspec: {ports: [{port: 5432}]}\n"
ALL = [DEPLOYMENT, STATEFUL, CLAIM, SETTINGS, FILES, KEYS, JOB, CRON, SERVICE, ADDRESSED]
R = EffectKind

CASES = [
    (DEPLOYMENT, "web:v1.0.0", "web:v1.1.0", ["spec.template.spec.containers[web].image"], [R.ROLLS]),
    (DEPLOYMENT, "replicas: 2", "replicas: 3", ["spec.replicas"], [R.SCALES]),
    (
        DEPLOYMENT,
        "{matchLabels: {app: web}}",
        "{matchLabels: {app: wbe}}",
        ["spec.selector.matchLabels.app"],
        [R.REFUSED],
    ),
    (DEPLOYMENT, "labels: {app: web}", "labels: {app: web, x: y}", ["spec.template.metadata.labels.x"], [R.ROLLS]),
    (DEPLOYMENT, "{name: web, n", "{annotations: {a: b}, name: web, n", ["metadata.annotations"], []),
    (STATEFUL, "postgres:16.4", "postgres:16.5", ["spec.template.spec.containers[db].image"], [R.STAYS]),
    (STATEFUL, "storage: 1Gi", "storage: 2Gi", ["spec.volumeClaimTemplates"], [R.REFUSED]),
    (STATEFUL, "serviceName: db", "serviceName: other", ["spec.serviceName"], [R.REFUSED]),
    (CLAIM, "storage: 1Gi", "storage: 500Mi", ["spec.resources.requests.storage"], [R.SHRINKS]),
    (CLAIM, "storage: 1Gi", "storage: 2Gi", ["spec.resources.requests.storage"], [R.GROWS]),
    (CLAIM, "local-path", "fast", ["spec.storageClassName"], [R.REFUSED]),
    (SETTINGS, "info", "debug", ["data.LOG"], [R.STAYS]),
    (SETTINGS, "\ndata", "\nimmutable: true\ndata", ["immutable"], []),
    (FILES, "info", "debug", ["data.LOG"], [R.STAYS]),
    (KEYS, "before-it", "after-it", ["data.KEY"], [R.STAYS]),
    (JOB, "web:v1.0.0", "web:v1.1.0", ["spec.template.spec.containers[migrate].image"], [R.REFUSED]),
    (CRON, "web:v1.0.0", "web:v1.1.0", ["spec.jobTemplate.spec.template.spec.containers[report].image"], [R.NEXT_RUN]),
    (SERVICE, "10.0.0.1", "10.0.0.2", ["spec.clusterIP"], [R.REFUSED]),
    (SERVICE, "clusterIP: 10.0.0.1, ", "", ["spec.clusterIP"], []),
    (ADDRESSED, "spec: {", "spec: {clusterIP: None, ", ["spec.clusterIP"], [R.REFUSED]),
]


def deploy(directory: Path, *manifests: str) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "all.yaml").write_text("\n---\n".join(manifests))
    return directory


@pytest.mark.parametrize(
    ("manifest", "old", "new", "fields", "effects"),
    CASES,
    ids=[f"{fields[0]}-{new[:8]}" for *_, new, fields, _e in CASES],
)
def test_a_change_says_what_it_does(
    manifest: str, old: str, new: str, fields: list[str], effects: list[EffectKind], tmp_path: Path
) -> None:
    assert old in manifest
    changed = [each.replace(old, new) if each is manifest else each for each in ALL]
    sides = [of_directory(deploy(tmp_path / name, *each)) for name, each in (("before", ALL), ("after", changed))]
    [change] = compare(*(_without_files(side.objects) for side in sides))
    assert [str(field) for field in change.fields] == fields
    assert [effect.kind for effect in change.effects] == effects


def _without_files(objects: Objects) -> Objects:
    return {key._replace(root=""): manifest for key, manifest in objects.items()}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cpu: 1000m, memory: 1Gi", "cpu: 1, memory: 1024Mi"),
        ("app: web}}\n  template", "'app': \"web\"}}\n  template"),
        ('{name: log, image: "ghcr.io/org/log:v1.0.0"}', '{image: "ghcr.io/org/log:v1.0.0", name: log}'),
    ],
)
def test_what_means_the_same_is_no_change(old: str, new: str, tmp_path: Path) -> None:
    assert old in DEPLOYMENT
    before = of_directory(deploy(tmp_path / "before", DEPLOYMENT))
    after = of_directory(deploy(tmp_path / "after", DEPLOYMENT.replace(old, new)))
    assert compare(_without_files(before.objects), _without_files(after.objects)) == []


def test_values_of_secrets_are_masked(tmp_path: Path) -> None:
    before = of_directory(deploy(tmp_path / "before", KEYS))
    after = of_directory(deploy(tmp_path / "after", KEYS.replace("before-it", "after-it")))
    [change] = compare(_without_files(before.objects), _without_files(after.objects))
    assert [(field.before, field.after) for field in change.fields] == [(MASK, MASK)]


def test_a_configmap_with_a_hash_rolls_its_pods(tmp_path: Path) -> None:
    kustomization = (
        "namespace: shop\nresources: [all.yaml]\nconfigMapGenerator: [{name: settings, literals: [LOG=info]}]\n"
    )
    sides = []
    for name, level in (("before", "info"), ("after", "debug")):
        overlay = deploy(tmp_path / name, DEPLOYMENT)
        (overlay / "kustomization.yaml").write_text(kustomization.replace("LOG=info", f"LOG={level}"))
        sides.append(of_directory(overlay).objects)
    [change] = compare(*sides)
    assert (change.key.name, [effect.kind for effect in change.effects]) == ("settings", [EffectKind.ROLLS])


def test_revisions_are_compared_overlay_by_overlay(tmp_path: Path) -> None:
    def commit() -> None:
        for arguments in (["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "Change"]):
            subprocess.run(["git", *arguments], cwd=tmp_path, check=True)

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    overlay = deploy(tmp_path / "staging", DEPLOYMENT)
    (overlay / "kustomization.yaml").write_text("resources: [all.yaml]\n")
    (overlay / "hosts").symlink_to("/etc/hosts")  # leads out of the repository
    commit()
    deploy(overlay, SETTINGS)
    commit()
    changes = compare(of_revision("HEAD~1", tmp_path).objects, of_revision("HEAD", tmp_path).objects)
    assert [(change.kind, change.key.root, change.key.kind) for change in changes] == [
        ("added", "staging", "ConfigMap"),
        ("removed", "staging", "Deployment"),
    ]
    assert [effect.kind for effect in changes[1].effects] == [EffectKind.LEFT_BEHIND]


def test_exit_codes_and_json_are_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = (
        deploy(tmp_path / "before", DEPLOYMENT),
        deploy(tmp_path / "after", DEPLOYMENT.replace("v1.0", "v1.1")),
    )
    for directory in (before, after):
        (directory / "kustomization.yaml").write_text("resources: [all.yaml]\n")
    for other, code in ((before, 0), (after, 1)):
        with pytest.raises(typer.Exit) as exit_request:
            diff(str(before), str(other), format_=Format.JSON)
        assert exit_request.value.exit_code == code
    [change] = json.loads(capsys.readouterr().out.partition("]")[2])
    assert [effect["effect"] for effect in change["effects"]] == ["rolls"]
    with pytest.raises(LabError, match="neither a directory nor a revision") as error:
        diff("no-such-revision", "HEAD", tmp_path)
    assert error.value.exit_code == 2
