"""No text that is said to people is kept from translators, in any module."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import checkout

from .literals import error_names, forgotten

_SOURCE = checkout.source_directory()
_FILES = sorted([*_SOURCE.glob("lab_helpers/**/*.py"), *_SOURCE.glob("labs/*/*.py")])
_ERRORS = error_names(_FILES)

# What is no message: who reads it, and the beginnings of the texts.
_ENGLISH = {
    # people who know English
    "translation/": ("",),  # translators
    "testing/plugin.py": (
        "a cluster for tests",
        "cluster provider",
        "run on this lab",
        "keep the cluster",
    ),  # pytest --help
    "existing/manifest.py": ("# Namespaces for",),  # administrators, in a file for kubectl
    "learner/localizing.py": ("\\1# On this cluster",),  # learners, in a file for kubectl
    "versions.py": ("Go module",),  # who raises a version
    "validation/cells.py": ("## What is true", "About {}"),  # what is looked for in the notebook's English
    "validation/steps.py": ("## {} {}",),
    "validation/links.py": ("lab.toml: sections: {}",),  # where a fault is
    "validation/golden.py": ("SOME ", "first: ERROR", "\\b(ErrImagePull", "\\b(?:Successfully", "(\\bin Git|"),
    # logs of processes that nobody watches
    "embedded/network.py": ("ended before", "process {}", "route replace"),
    "cluster/restarts.py": ("{} ended with",),
    # what the keeper answers the lab
    "embedded/cgroups.py": ("cannot be frozen",),
    "embedded/processes.py": ("has ended", "the node of process", "does not run at"),
    "embedded/rewinding.py": ("saved {}", "failed {}", "there is no room", "holds no state", "is no node"),
    "embedded/workers.py": ("failed {}", "is there already", "is no node", "has not ended", "does not run"),
    # whoever reads the commits, in Git
    "images/applications.py": ("Release {}",),
    "learner/beginning.py": ("Keep what",),
    "learner/git.py": ("Kubernetes lab", "No space left"),
    "learner/history.py": ("Begin from", "Begin the Deploy"),
    "learner/repository.py": ("update {}", "the lab begins"),
    "learner/restoring.py": ("Keep what", "Give back {}"),
    "learner/solutions.py": ("{} diff --quiet HEAD",),
    "learner/workspace.py": ("Answer {}", "Fit the manifests", "Begin notebook"),
    # programs, and what they say: what a learner is told of it is in test_causes.py
    "session/complaints.py": ("",),
    "bundle/archive.py": ("lab bundle create",),  # what to type
    "bundle/creation.py": ("lab bundle create",),
    "bundle/installing.py": ("lab bundle create",),
    "cli/bundle.py": ("tar -xOf",),
    "cli/checklist.py": ("lab checklist",),
    "cli/checkpoint.py": ("lab checkpoint",),
    "cluster/checkpoints.py": ("lab checkpoint", "form {}"),  # what to type, and of what a file is
    "session/checkpoints.py": ("lab checkpoint",),
    "drill/markers.py": ("SELECT ", "\nconst ", "BY_HAND of", "replicas of"),  # programs, and fields of objects
    "drill/directory.py": ("lab drill",),  # what to type
    "drill/repository.py": ("user.name=", "apiVersion: "),
    "checklists/surroundings.py": ("chmod +x",),
    "cli/main.py": ("lab: {}",),
    "cli/status.py": ("lab: {}",),
    "embedded/trial.py": ("\nset -e", "echo 1 >", "unshare ended"),
    "programs/compilation.py": ("go: downloading ",),
    "embedded/parts.py": ("unshare: ",),
    "kind/creation.py": ("kind: KubeletConfiguration",),
    "embedded/credentials.py": ("kubernetes-lab etcd", "kubernetes-lab front proxy"),
    "embedded/configuration.py": ("# the lab resolves",),
    "embedded/doctor.py": ("net, mnt, pid",),
    "room/building.py": ("#!/bin/sh",),
    "images/base_image.py": ("FROM scratch", "FROM {base}", "hosts: files", "NPM_CONFIG_CACHE"),
    "cli/certificate.py": ("Kubernetes lab", "lab certificate"),  # a name, and what to type
    "images/debian.py": ("Package: {name}",),
    "cli/image.py": ("  docker run",),  # what to type
    "image/materials.py": ("Tool: lab",),
    "image/recipe.py": ("A workbook on",),  # a label
    "image/root.py": ("root=$1", "Origin: ", "Component: ", "Created-By: ", "lab image build", "man apt_auth.conf"),
    "images/endpoint.py": ("Docker Desktop",),  # a name
    "registry/identity.py": ("Basic {}",),
    "registry/server.py": ("kubernetes-lab registry",),
    "registry/tokens.py": ("Bearer {}",),
    "observe/logs.py": ("stats by",),  # LogsQL
    "observe/milestones.py": ("asked for",),
    "observe/traffic.py": ("HTTP {}",),
    "output/sarif.py": ("not judged: ",),
    "policy/credentials.py": ("PRIVATE KEY",),  # what is looked for
    "policy/images.py": ("main master", "alpine slim", "registry.k8s.io", "library aquasec"),
    "manifests/environments.py": ("production prod", "staging stage", "dev develop"),
    "manifests/deployment.py": ("AppProject",),
    "manifests/collecting.py": ("archive archived",),
    "manifests/composing.py": ("its aliases", "nested too"),  # as the parser's own errors, which are English
    "manifests/settings.py": ("true false",),
    "manifests/reading.py": ("ConfigMap Endpoints",),
    "engine/execution.py": ("import kubernetes",),
    "engine/kernel.py": ("(lambda sending",),
    "report/junit.py": ("notebook ran to its end",),
    "report/page.py": ("not reached",),
    "report/results.py": ("not reached",),
    "learner/production.py": ("{}/_shared/scripts",),
    "session/lab.py": ("solution shown", "not predicted"),
    "session/verdicts.py": ("moved on",),
    "session/watching.py": ("rollout picture",),
    "lab_01_template/database.py": ("SELECT ", "SHOW "),
    "lab_02_app_repo/deploying.py": ("newTag: {}",),
    "lab_02_app_repo/releasing.py": ("scripts/ci.sh build",),  # what to type
    "lab_01_template/repositories.py": ("rm -rf .git",),
    "lab_01_template/starting.py": ("is not set|",),
    "lab_01_template/sorting.py": ('"$(git -C', "newTag: {}"),
    "lab_01_template/web.py": ("\nconst [url",),
    "lab_01_template/worker.py": ("\nimport json",),
    "lab_03_cluster/checks.py": ("Ready,SchedulingDisabled",),
    "lab_04_deploy_repo/configuring.py": ("grep -rn LEVEL", "env: {}"),
    "lab_04_deploy_repo/encrypting.py": ("SOPS_AGE_KEY_FILE=", "{}/_shared/scripts"),  # what to type
    "lab_04_deploy_repo/releases.py": ("Rollback to", "{} --set", "{}; helm"),  # what Helm says, and what to type
    "lab_04_deploy_repo/guarding.py": ("spec.replica: ",),  # a field
    "lab_04_deploy_repo/rendering.py": ("{}/_shared/scripts",),
    "lab_04_deploy_repo/sealing.py": ("{}/_shared/scripts", "sealing keys"),
    "lab_05_first_deploy/database.py": ("select ", "\nselect "),
    "lab_05_first_deploy/migrated.py": ("printf ",),
    "lab_05_first_deploy/deploying.py": ("readinessProbe /ready",),
    "lab_05_first_deploy/overlay.py": ("newTag: {}",),
    "lab_05_first_deploy/prj_02.py": ("infra/_shared/scripts",),
    "lab_06_expand/certified.py": ("lab certificate",),
    # programs in the pods, and the outcomes that are translated where they are shown
    "lab_06_expand/connecting.py": ("\nimport json", "\nconst {", "connection refused", "no answer", "unknown name"),
    "lab_06_expand/latency.py": ("{} ms",),  # a quantity
    "lab_06_expand/scaling.py": ("replicas: {}", "grep -rn replicas"),  # a field, and what to type
    "lab_06_expand/yielding.py": ("{}; kubectl",),  # what to type
    "lab_06_expand/databases.py": ("count(*), ", "SELECT ", "\nSELECT "),
    "lab_06_expand/growing.py": ("{} create", "{} stop lab", "{} close", "{} follow"),  # what to type
    "embedded/sessions.py": ("failed {}", "hung up"),  # to the keeper's log, and to whoever maps it
    "checklists/operate.py": ("lab checklist operate",),  # what to type
    "pictures/retrospect_chart.py": ("key hollow",),  # a look
    "lab_07_operate/backup.py": ("SELECT ", "rm {}"),  # a query, and what to type
    "lab_06_expand/promoting.py": ("{}/_shared/scripts",),  # what to type
    "lab_07_operate/alerts.py": ("sed 's/vector",),  # what to type
    "lab_07_operate/logs.py": ("_time:>=", "sh logsql.sh", "sh incident.sh"),  # a query, and what to type
    # translators, by way of the collector
    "embedded/checkpoints.py": ("become ready", "become Ready"),
    "lab_helpers/wait.py": ("did not {} within",),
}


def _is_english(file: Path, text: str) -> bool:
    begins = next((texts for part, texts in _ENGLISH.items() if part in file.as_posix()), None)
    return begins is not None and text.partition(": ")[2].startswith(begins)


def test_nothing_that_is_said_is_kept_from_translators() -> None:
    assert len(_FILES) > 200
    texts = [text for file in _FILES for text in forgotten(file, _ERRORS) if not _is_english(file, text)]
    assert texts == []


def test_what_is_called_english_is_there() -> None:
    texts = {file: list(forgotten(file, _ERRORS)) for file in _FILES}
    for part, begins in _ENGLISH.items():
        said = [text for file in _FILES if part in file.as_posix() for text in texts[file] if _is_english(file, text)]
        assert all(any(text.partition(": ")[2].startswith(beginning) for text in said) for beginning in begins), part


@pytest.mark.parametrize(
    "said",
    [
        'raise LabError("failed", object=x)',
        'raise LabError(f"is not in {files}")',
        'raise LabError(_("failed"), object=f"lab {name}")',
        'raise LabError(_("failed"), last_event=f"still there: {left}")',
        'raise LabError(_("failed"), next_step="start the probe again")',
        'raise LabError(_("failed"), next_step=f"lab down   # as {who}")',
        'raise OwnError("failed")',
        'raise more.Hopeless(f"{what} failed")',
        'reason = f"cannot be read: {error}"\nraise LabError(reason)',
        'return Finding("disk", ok, seen)',
        'return Finding(_("disk"), ok, seen=f"{free} free")',
        'until(ready, seconds=1, object=f"pod {name}", outcome="become Ready")',
        '_wait(ready, outcome="become Ready")',
        'report(f"building {name}")',
        'progress("done")',
        'typer.Option("--name", help="Its name.")',
        'lines.append(f"{count} of {all} done")',
    ],
)
def test_a_text_that_is_said_as_it_is_is_found(said: str, tmp_path: Path) -> None:
    file = tmp_path / "planted.py"
    file.write_text(f"class OwnError(LabError): ...\nclass Hopeless(errors.OwnError): ...\n{said}\n")
    assert list(forgotten(file, error_names([file])))


@pytest.mark.parametrize(
    "said",
    [
        'raise LabError(_("failed"), object="kubelet", next_step=f"kubectl -n {namespace} get pods")',
        'raise LabError(_("{a} failed").format(a=a), next_step=f"lab down   # {_(\'as before\')}")',
        'raise LabError(reason, object=f"deployment/{name}", next_step="--name my-lab")',
        'until(ready, seconds=1, outcome="become Ready")',
        'Finding("Docker", ok, seen=f"{a}: {b}")',
        'raise ValueError(f"no such kind: {kind}")',
        'def f():\n    """Say what it needs."""',
        'shape.text("quiet small", f"<b style=\\"{style}\\">{name}</b>")',
        'progress(f"  {sign} {about}")',
    ],
)
def test_what_is_translated_or_no_message_is_not(said: str, tmp_path: Path) -> None:
    file = tmp_path / "planted.py"
    file.write_text(said)
    assert list(forgotten(file, frozenset({"LabError"}))) == []
