"""Whatever a learner did to a file is said with the file, the line and what stands there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers import CheckFailed
from lab_helpers.workbook.learner import manifests

_GOOD = "resources:\n  - base.yaml\nimages:\n  - name: web\n    newTag: v1.0.0\n"
_FILE = "k/kustomization.yaml"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "k").mkdir()
    (tmp_path / _FILE).write_text(_GOOD)
    (tmp_path / "k/base.yaml").write_text("kind: Pod\n---\nkind: Service\n")
    return tmp_path


def _read_tag(workspace: Path) -> str:
    return manifests.read(workspace, _FILE)["images"].items()[0]["newTag"].text


def test_a_value_is_read_as_it_was_typed(workspace: Path) -> None:
    assert _read_tag(workspace) == "v1.0.0"
    (workspace / _FILE).write_text(_GOOD.replace("v1.0.0", "'1.10'"))
    assert _read_tag(workspace) == "1.10"
    manifests.expect_kustomization(workspace, "k")


@pytest.mark.parametrize(
    ("wrong", "line", "said"),
    [
        (_GOOD.replace("    newTag", "\tnewTag"), "line 5: `⇥newTag: v1.0.0`", "a tab"),
        (_GOOD.replace("    newTag", "      newTag"), "line 5: `      newTag: v1.0.0`", "indented otherwise"),
        (_GOOD.replace("    newTag", "newTag"), "line 5: `newTag: v1.0.0`", "its indent makes it part of something"),
        (_GOOD.replace(" v1.0.0", ""), "line 5: `    newTag:`", "nothing after the colon"),
        (_GOOD.replace("newTag", "newtag"), "line 4: `  - name: web`", "Is `newtag` it?"),
        (_GOOD + "    newTag: v1.1.0\n", "line 6: `    newTag: v1.1.0`", "stands there twice"),
        (_GOOD.replace("newTag: v1.0.0", "newTag: 'v1.0.0"), "line 5", "The reader says"),
        (_GOOD.replace("v1.0.0", "[v1.0.0]"), "line 5", "holds a list"),
        (
            _GOOD.replace("    newTag", "<<<<<<< HEAD\n    newTag")
            + "=======\n    newTag: v1.1.0\n>>>>>>> f0e1 (Deploy)\n",
            "line 5: `<<<<<<< HEAD`",
            "Git could not choose",
        ),
        ("images: web\n", "line 1: `images: web`", "holds `web`"),
        ("- images\n", "line 1: `- images`", "holds a list"),
        (_GOOD.replace("v1.0.0", "v1\x07"), "line 5", "a character that no text has"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(workspace: Path, wrong: str, line: str, said: str) -> None:
    (workspace / _FILE).write_text(wrong)
    with pytest.raises(CheckFailed) as failure:
        _read_tag(workspace)
    assert f"{_FILE}, {line}" in failure.value.seen
    assert said in failure.value.hint
    assert failure.value.next_step.endswith(_FILE)


def _as_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (Path.unlink, "no such file"),
        (lambda file: file.write_text(""), "an empty file"),
        (lambda file: file.write_text("# all gone\n"), "an empty file"),
        (lambda file: file.write_bytes(b"images:\n  \xff\xfe\x00"), "line 2 is no text in UTF-8"),
        (lambda file: file.write_bytes(bytes(range(128, 256))), "line 1 is no text in UTF-8"),
        (_as_directory, "a directory"),
    ],
)
@pytest.mark.parametrize("name", [_FILE, "k/base.yaml"])
def test_a_file_that_is_none_can_be_had_back(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None], said: str, name: str
) -> None:
    monkeypatch.setattr(manifests, "is_given", lambda file: file == Path(name))
    spoil(workspace / name)
    with pytest.raises(CheckFailed) as failure:
        manifests.expect_kustomization(workspace, "k")
    assert failure.value.seen == f"{name}: {said}"
    assert failure.value.next_step == f"lab reset {name}"


@pytest.mark.parametrize("tag", ["1.3", "2026", "yes", "2026-01-01"])
def test_a_tag_that_is_no_text_is_said_before_kustomize_refuses_it(workspace: Path, tag: str) -> None:
    (workspace / _FILE).write_text(_GOOD.replace("v1.0.0", tag))
    with pytest.raises(CheckFailed) as failure:
        manifests.expect_kustomization(workspace, "k")
    assert f"{_FILE}, line 5: `    newTag: {tag}`" in failure.value.seen
    assert f"`newTag: '{tag}'`" in failure.value.hint


def test_what_a_component_names_is_looked_at_too(workspace: Path) -> None:
    (workspace / "k/web").mkdir()
    (workspace / "k/web/kustomization.yaml").write_text("kind: Component\npatches:\n  - path: replicas.yaml\n")
    (workspace / _FILE).write_text(f"{_GOOD}components:\n  - web\n")
    with pytest.raises(CheckFailed) as failure:
        manifests.expect_kustomization(workspace, "k")
    assert failure.value.seen == "k/web/replicas.yaml: no such file"


def test_a_patch_in_the_kustomization_itself_needs_no_file(workspace: Path) -> None:
    (workspace / _FILE).write_text(f"{_GOOD}patches:\n  - patch: |-\n      kind: Pod\n")
    manifests.expect_kustomization(workspace, "k")


def test_a_file_of_words_is_no_manifest(workspace: Path) -> None:
    (workspace / "k/base.yaml").write_text("hello\n")
    with pytest.raises(CheckFailed) as failure:
        manifests.expect_kustomization(workspace, "k")
    assert failure.value.seen == "k/base.yaml, line 1: `hello`"


def test_what_no_notebook_gave_is_not_said_to_come_back(workspace: Path) -> None:
    (workspace / _FILE).write_text(_GOOD.replace("base.yaml", "bas.yaml"))
    with pytest.raises(CheckFailed) as failure:
        manifests.expect_kustomization(workspace, "k")
    assert failure.value.hint.endswith("There is base.yaml.")
    assert failure.value.next_step == f"ls {workspace / 'k'}"


def test_an_unreadable_file_says_so(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_text = Path.read_text

    def refuse(file: Path, **how: str) -> str:  # root, who runs these tests somewhere, reads whatever the mode says
        if file == workspace / _FILE:
            raise PermissionError(13, "Permission denied")
        return read_text(file, **how)

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(CheckFailed, match="Permission denied"):
        manifests.read(workspace, _FILE)


def test_manifests_at_the_top_are_all_read(workspace: Path) -> None:
    (workspace / "writer.yaml").write_text("kind: Pod\nspec:\n\tcontainers: []\n")
    with pytest.raises(CheckFailed, match=r"writer\.yaml, line 3"):
        manifests.expect_manifests(workspace)
