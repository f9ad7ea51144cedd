"""What docs/ci.md and the workflows say is so: options there are, snippets that parse, pins that agree."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess

import pytest
import yaml

from lab_helpers import checkout, paths, versions
from lab_helpers.cli.main import app
from lab_helpers.cluster.choose import PROVIDERS
from lab_helpers.run.engine.parameters import declared_parameters
from lab_helpers.workbook.course import outlines
from tests.documented import CI, snippet

WORKFLOW = checkout.source_directory() / ".github/workflows/test.yml"
TEXT = CI.read_text()


def test_the_papermill_snippet_is_a_script_with_parameters_the_notebook_has() -> None:
    script = snippet(CI, "papermill")
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    words = shlex.split(script.splitlines()[-1])
    notebook = checkout.source_directory() / next(word for word in words if word.startswith("notebooks/"))
    parameters = [words[place + 1] for place, word in enumerate(words) if word == "-p"]
    assert set(parameters) <= set(declared_parameters(notebook))


def test_the_pytest_snippet_parses_and_names_what_there_is() -> None:
    from lab_helpers.testing.fixture import LabFixture

    snippets = "".join(snippet(CI, name) for name in ("pytest", "scope", "pytest-kind"))
    ast.parse(snippets)
    named = set(re.findall(r"\b(?:lab|shop)\.(\w+)", snippets))
    assert named
    assert {name for name in named if not hasattr(LabFixture, name)} == set()


@pytest.mark.parametrize("text", [snippet(CI, "workflow"), WORKFLOW.read_text()], ids=["documented", "ours"])
def test_workflows_ask_for_providers_there_are_with_least_rights_and_keep_what_a_failed_run_left(text: str) -> None:
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    job = workflow["jobs"]["workbook"]
    assert set(job["strategy"]["matrix"]["provider"]) <= set(PROVIDERS)
    assert all("timeout-minutes" in each for each in workflow["jobs"].values())
    upload = next(step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))
    assert upload["if"] == "always()"
    assert upload["with"]["path"] == paths.runs_directory().relative_to(paths.runs_directory().parent.parent).as_posix()


def test_every_job_of_ours_is_bounded_and_every_action_pinned_by_a_commit() -> None:
    texts = [WORKFLOW.read_text(), (WORKFLOW.parents[1] / "actions/prepare/action.yml").read_text()]
    used = [word for text in texts for word in re.findall(r"uses: (\S+)", text) if not word.startswith("./")]
    assert used
    assert [word for word in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", word)] == []


def test_the_wrong_answers_that_make_test_leaves_out_have_a_job_for_each_lab() -> None:
    jobs = re.findall(r"command: make test-labs NOTEBOOK=(\d+)\n", WORKFLOW.read_text())
    assert jobs == [name[:2] for name in outlines.notebooks() if len(outlines.load(name).namespaces) > 1]


def test_the_workflow_installs_the_k3d_that_is_pinned() -> None:
    pinned = versions.K3D_PROGRAMS["x86_64"]
    assert f"curl -fsSLo k3d {pinned.url}\n" in WORKFLOW.read_text()
    assert f"echo '{pinned.sha256}  k3d' | sha256sum -c" in WORKFLOW.read_text()


def test_commands_and_options_that_are_documented_exist() -> None:
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    documented = re.findall(r"^\$ lab (\w+)", TEXT, re.MULTILINE)
    assert documented
    assert set(documented) <= verbs
    plugin = (checkout.source_directory() / "lab_helpers/testing/plugin.py").read_text()
    assert all(f'"{option}"' in plugin for option in set(re.findall(r"--lab-[a-z]+", TEXT)))


def test_it_is_said_of_k3d_that_it_has_not_been_run() -> None:
    providers = (CI.parent / "providers.md").read_text()
    section = providers[providers.index("## k3d") : providers.index("## existing")]
    assert "It has not been run here." in section
    assert f"`k3d` {versions.K3D.rpartition('.')[0]} on PATH" in section
    assert versions.K3S_IMAGE.partition("@")[0] in section


def test_how_a_run_is_repeated_is_said_with_a_value_that_varies() -> None:
    (name,) = set(re.findall(r"`LAB_VARY='(\w+)=", TEXT))
    assert any(name in outlines.load(notebook).vary for notebook in outlines.notebooks())
