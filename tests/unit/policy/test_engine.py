"""What is looked at, as what, and what somebody accepted; nothing is skipped in silence."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.policy import Kind, Severity, all_rules, lint
from lab_helpers.policy.files import LARGEST

from .trees import APP, DEPLOY, judge, places, write

_DOCKERFILE = APP["Dockerfile"]


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (APP, Kind.APP),
        ({"README.md": "Nothing yet.\n"}, Kind.APP),
        (DEPLOY, Kind.DEPLOY),
        ({**DEPLOY, "scripts/deploy.py": "print()\n", "Dockerfile": _DOCKERFILE}, Kind.DEPLOY),
        ({**APP, **DEPLOY}, Kind.COMBINED),
        ({**APP, "tests/fixtures/pod.yaml": "apiVersion: v1\nkind: Pod\n"}, Kind.APP),
        ({"app/prj_01/Dockerfile": _DOCKERFILE, "infra/k8s/base/kustomization.yaml": ""}, Kind.TEMPLATE),
        ({**APP, **DEPLOY, ".template.toml": 'part = "app/prj_02"\n'}, Kind.APP),
        ({**APP, **DEPLOY, ".template.toml": 'part = "infra"\n'}, Kind.DEPLOY),
        ({**APP, ".template.toml": "part = [broken"}, Kind.APP),
    ],
)
def test_a_kind_is_told_by_what_a_repository_holds(files: dict[str, str], kind: Kind, tmp_path: Path) -> None:
    (judged,) = judge(tmp_path, files).judged
    assert (judged.kind, judged.is_detected) == (kind, True)


def test_a_combined_repository_gets_one_line(tmp_path: Path) -> None:
    report = judge(tmp_path, {**APP, **DEPLOY, "k8s/other/Dockerfile": _DOCKERFILE})
    assert places(report) == [("app-and-deploy", "k8s/base/kustomization.yaml", 1)]


def test_a_kind_that_is_said_counts(tmp_path: Path) -> None:
    report = judge(tmp_path, {**APP, **DEPLOY}, Kind.DEPLOY)
    assert ("deploy-dockerfile", "Dockerfile", 1) in places(report)
    assert not report.judged[0].is_detected


def test_the_parts_of_a_template_are_judged_once_each(tmp_path: Path) -> None:
    files = {f"app/prj_01/{path}": text for path, text in APP.items()}
    files |= {f"infra/{path}": text for path, text in DEPLOY.items()}
    report = judge(tmp_path, {**files, "infra/Dockerfile": _DOCKERFILE})
    assert places(report) == [("deploy-dockerfile", "infra/Dockerfile", 1)]


def test_what_git_ignores_is_not_read(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    report = judge(tmp_path, {**DEPLOY, ".gitignore": "build/\n", "build/Dockerfile": _DOCKERFILE})
    assert places(report) == []
    assert report.judged[0].files == len(DEPLOY) + 1


def test_a_tree_that_git_ignores_is_read_all_the_same(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    write(tmp_path, {".gitignore": "build/\n"})
    report = judge(tmp_path / "build" / "clone", {**DEPLOY, "Dockerfile": _DOCKERFILE})
    assert places(report) == [("deploy-dockerfile", "Dockerfile", 1)]


def test_what_is_not_read_is_said(tmp_path: Path) -> None:
    write(tmp_path, {**DEPLOY, "large.txt": "x" * (2 * 1024 * 1024 + 1), "vendor/lib/Dockerfile": _DOCKERFILE})
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "program").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "out").symlink_to(tmp_path.parent)
    report = lint([tmp_path])
    assert {(note.file, note.reason) for note in report.notes} == {
        (".", "2 files are no text"),
        ("large.txt", "larger than 2 MiB, not read"),
        ("vendor", "others' work, not read"),
        ("out", "a link out of the repository, not followed"),
    }


@pytest.mark.parametrize("path", ["missing", "empty"])
def test_nothing_to_judge_is_an_error(path: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(LabError):
        lint([tmp_path / path])


def test_a_pipe_by_its_name_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(write(tmp_path, DEPLOY) / "pipe.yaml")
    with pytest.raises(LabError, match="a pipe, a socket or a device"):
        lint([tmp_path / "pipe.yaml"])


def test_what_is_too_large_to_judge_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"big.yaml": "a" * (LARGEST + 1)})
    for path in (tmp_path, tmp_path / "big.yaml"):
        with pytest.raises(LabError, match=r"big\.yaml: larger than 2 MiB"):
            lint([path])
    write(tmp_path, DEPLOY)
    with pytest.raises(LabError, match="larger than 2 MiB"):
        lint([tmp_path / "big.yaml"])


def test_a_repository_that_is_named_twice_is_judged_once(tmp_path: Path) -> None:
    write(tmp_path, DEPLOY)
    assert [judged.path for judged in lint([tmp_path, tmp_path / "k8s" / ".."]).judged] == [str(tmp_path)]


def test_a_bare_repository_is_an_error(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", tmp_path], check=True)
    with pytest.raises(LabError, match="bare repository"):
        lint([tmp_path])


def test_a_file_is_judged_in_its_repository(tmp_path: Path) -> None:
    write(tmp_path, {**DEPLOY, "a/Dockerfile": _DOCKERFILE, "b/Dockerfile": _DOCKERFILE})
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert places(lint([tmp_path / "b/Dockerfile"])) == [("deploy-dockerfile", "b/Dockerfile", 1)]


def test_a_path_within_another_is_judged_with_it(tmp_path: Path) -> None:
    write(tmp_path, {**DEPLOY, "a/Dockerfile": _DOCKERFILE})
    assert len(lint([tmp_path, tmp_path / "a"]).findings) == 1


@pytest.mark.parametrize("mark", ["# lab-lint: ignore[deploy-dockerfile] it only tests", "# on top"])
def test_a_suppression_with_a_reason_sets_aside(mark: str, tmp_path: Path) -> None:
    report = judge(tmp_path, {**DEPLOY, "Dockerfile": f"FROM scratch {mark}\n"})
    assert [entry.reason for entry in report.suppressed] == ["it only tests"] * ("lint" in mark)
    assert len(report.findings) == ("lint" not in mark)


def test_a_suppression_without_a_reason_sets_nothing_aside(tmp_path: Path) -> None:
    report = judge(tmp_path, {**DEPLOY, "Dockerfile": "FROM scratch # lab-lint: ignore[deploy-dockerfile]\n"})
    assert places(report) == [("deploy-dockerfile", "Dockerfile", 1), ("suppression-reason", "Dockerfile", 1)]


def test_a_suppression_alone_on_its_line_is_for_the_next(tmp_path: Path) -> None:
    text = "# lab-lint: ignore[deploy-secret] for the next\nkind: Namespace\n"
    report = judge(tmp_path, {**DEPLOY, "a.yaml": text})
    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.line) == ("suppression-unused", Severity.WARNING, 1)


_ACCEPTED = '[[ignore]]\nrule = "deploy-dockerfile"\npath = "{}"\nreason = "the class builds it"\n'


@pytest.mark.parametrize(("path", "remaining"), [("a", 0), ("a/*", 0), ("a/Dockerfile", 0), ("b", 2), ("*", 0)])
def test_a_file_of_suppressions_names_paths(path: str, remaining: int, tmp_path: Path) -> None:
    files = {**DEPLOY, "a/Dockerfile": _DOCKERFILE, ".lab-lint.toml": _ACCEPTED.format(path)}
    assert len(judge(tmp_path, files).findings) == remaining  # what it does not cover, and that it covers nothing


def test_an_unknown_rule_is_named_with_the_nearest(tmp_path: Path) -> None:
    text = _ACCEPTED.format("a").replace("dockerfile", "dokerfile")
    (finding,) = judge(tmp_path, {**DEPLOY, ".lab-lint.toml": "\n" + text}).findings
    assert (finding.rule, finding.line, "deploy-dockerfile" in finding.message) == ("suppression-unused", 2, True)


@pytest.mark.parametrize("entry", ["rules = 1", "rule = 1", 'rule = ["app-secret"]', "", 'rule = "x"\npath = 3'])
def test_a_broken_file_of_suppressions_names_the_key(entry: str, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"ignore\[0\]"):
        judge(tmp_path, {**DEPLOY, ".lab-lint.toml": f"[[ignore]]\n{entry}\n"})


def test_every_rule_says_all_it_has_to() -> None:
    for rule in all_rules().values():
        assert all((rule.title, rule.why, rule.fix, rule.section, rule.kinds)), rule.id
