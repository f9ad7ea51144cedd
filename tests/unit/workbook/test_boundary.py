"""The picture of an App and a Deploy repository: what is read from them, and what is drawn in the colour of failure."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import shell
from lab_helpers.workbook.learner import boundary
from lab_helpers.workbook.learner.repository import Repository
from lab_helpers.workbook.pictures import words
from lab_helpers.workbook.pictures.boundary_model import Boundary
from lab_helpers.workbook.pictures.picture import boundary_picture

_IMAGE = "ghcr.io/org/web"
_OVERLAY = "images:\n  - name: ghcr.io/org/web\n    newTag: {tag}\n"


def _repository(directory: Path, files: dict[str, str]) -> Path:
    shell.run(["git", "init", "--quiet", "--initial-branch=main", directory])
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    Repository(directory).commit("Begin")
    return directory


def _read(directory: Path, tag: str = "v1.0.0", misplaced: tuple[str, ...] = ()) -> Boundary:
    stamp = 'template = "lab"\nversion = "1.2.3"\n'
    app = _repository(
        directory / "web",
        {"src/main.js": "", "Dockerfile": "", ".env.example": "", ".template.toml": stamp, "test/a.test.js": ""},
    )
    deploy = _repository(
        directory / "deploy",
        {
            "k8s/base/deployments/web.yaml": "",
            "k8s/overlays/staging/prj-02/kustomization.yaml": _OVERLAY.format(tag=tag),
            "k8s/overlays/broken/kustomization.yaml": "images:\n\t- name\n",
        },
    )
    shell.run(["git", "-C", app, "tag", "v1.0.0"])
    return boundary.read(app, deploy, image=_IMAGE, pushed=["latest", "v1.0.0"], misplaced={app: misplaced})


def test_what_each_holds_is_counted_by_kind_and_a_broken_overlay_names_nothing(tmp_path: Path) -> None:
    read = _read(tmp_path)
    assert read.app.template == "lab 1.2.3"
    assert read.deploy.template == ""
    assert {kind: read.app.files[kind] for kind in (words.SOURCE, words.BUILD, words.SCHEMA, words.TESTS)} == {
        words.SOURCE: 1,
        words.BUILD: 1,
        words.SCHEMA: 1,
        words.TESTS: 1,
    }
    assert read.deploy.files[words.WORKLOADS] == 1
    assert read.deploy.files[words.ENVIRONMENTS] == 2
    assert [(each.environment, each.tag) for each in read.references] == [("staging", "v1.0.0")]


def test_a_tag_that_both_name_and_the_registry_has_is_good(tmp_path: Path) -> None:
    picture = boundary_picture(_read(tmp_path))
    assert "v1.0.0 (pushed, tagged in web, named by deploy: staging)" in picture.text
    assert 'class="broken' not in picture.svg
    assert "fail" not in picture.svg.partition("</style>")[2]
    assert picture.svg == boundary_picture(_read(tmp_path / "again")).svg


def test_a_tag_that_moves_and_a_misplaced_file_are_drawn_as_failures(tmp_path: Path) -> None:
    picture = boundary_picture(_read(tmp_path, tag="latest", misplaced=(".env",)))
    assert "latest (moves: no release, named by deploy: staging)" in picture.text
    assert "✗ .env" in picture.text
    assert 'class="broken tip"' in picture.svg
