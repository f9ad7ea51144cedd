"""A learner's files, progress and notes of add-ons go back with their cluster, and other notebooks begin again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import locks, paths
from lab_helpers.cluster import record
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.checkpoints import Checkpoints, unfinished
from lab_helpers.cluster.control import Refused
from lab_helpers.errors import LabError, NotSupported
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.session import checkpoints, starts


class _Checkpoints(Checkpoints):
    """Of a cluster without state; it can be made to fail."""

    fails = False

    def _save(self, name: str) -> int:
        if self.fails:
            raise LabError("no room")
        return len(name)

    def _restore(self, name: str, report: Callable[[str], None], meanwhile: Callable[[], None]) -> None:
        report(name)
        meanwhile()
        if self.fails:
            raise LabError("no answer")

    def _discard(self, name: str) -> None:
        shutil.rmtree(unfinished(self._directory, name), ignore_errors=True)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    details: dict[str, object] = {"directory": str(tmp_path), "network": 0}
    record.save(record.ClusterRecord("mine", "embedded", 0.0, "v1", details))
    (tmp_path / "addons").mkdir()
    return SimpleNamespace(
        name="mine",
        provider="embedded",
        directory=tmp_path,
        checkpoints=_Checkpoints("mine", tmp_path / "checkpoints", tmp_path / "nodes"),
        read=lambda _path: {"items": []},
    )


def _begin(notebook: str) -> progress.Progress:
    begun = progress.fresh("mine", notebook, "this one")
    begun.write()
    return begun


def _write(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


def _ignore(_line: str) -> None:
    pass


def test_files_and_notes_go_back_and_what_was_there_is_kept(cluster: SimpleNamespace) -> None:
    mine = cast(Cluster, cluster)
    note = _write(paths.workspace_directory("mine") / "03/note", "before")
    addon = _write(cluster.directory / "addons/logs.json", "[]")
    checkpoints.save(mine, "a")
    note.write_text("after")
    addon.unlink()
    _write(cluster.directory / "addons/argocd.json", "[]")
    _write(cluster.directory / "kubectl/discovery", "kinds that are gone")
    restored = checkpoints.restore(mine, "a", _ignore)
    assert note.read_text() == "before"
    assert [file.name for file in (cluster.directory / "addons").iterdir()] == ["logs.json"]
    assert not (cluster.directory / "kubectl").exists()
    assert restored.aside == paths.workspace_directory("mine") / "kept/before-a-1"
    assert (restored.aside / "03/note").read_text() == "after"
    assert checkpoints.restore(mine, "a", _ignore).aside is None, "it is as it was"
    note.write_text("again")
    aside = checkpoints.restore(mine, "a", _ignore).aside
    assert aside is not None
    assert aside.name == "before-a-2"


def test_no_open_page_writes_over_what_was_restored(cluster: SimpleNamespace) -> None:
    page = _begin("03_cluster")
    checkpoints.save(cast(Cluster, cluster), "a")
    _begin("04_more")
    checkpoints.restore(cast(Cluster, cluster), "a", _ignore)
    assert progress.load("mine", "04_more") is None
    page.step("3.1").state = "passed"
    with pytest.raises(LabError, match="nothing on this page counts"):
        page.save()
    current = progress.load("mine", "03_cluster")
    assert current is not None
    assert current.steps == {}
    assert current.nonce == page.nonce, "what the cluster has of it goes by that word"


def test_one_that_is_not_finished_is_said(cluster: SimpleNamespace) -> None:
    checkpoints.save(cast(Cluster, cluster), "a")
    cluster.checkpoints.fails = True
    with pytest.raises(LabError, match="no answer"):
        checkpoints.restore(cast(Cluster, cluster), "a", _ignore)
    with pytest.raises(LabError, match="only partly back") as error:
        record.expect_whole("mine")
    assert error.value.next_step == "lab checkpoint restore a --name mine"
    cluster.checkpoints.fails = False
    checkpoints.restore(cast(Cluster, cluster), "a", _ignore)
    record.expect_whole("mine")


def test_one_that_is_refused_changes_nothing(cluster: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = cast(Cluster, cluster)
    checkpoints.save(mine, "a")

    def refuse(*_arguments: object) -> None:
        raise Refused("no room")

    monkeypatch.setattr(cluster.checkpoints, "_restore", refuse)
    with pytest.raises(Refused):
        checkpoints.restore(mine, "a", _ignore)
    record.expect_whole("mine")
    record.change("mine", restoring="another command")
    with pytest.raises(Refused):
        checkpoints.restore(mine, "a", _ignore)
    with pytest.raises(LabError, match="only partly back") as error:
        record.expect_whole("mine")
    assert error.value.next_step == "another command"


def test_a_run_does_not_lose_its_ground(cluster: SimpleNamespace) -> None:
    checkpoints.save(cast(Cluster, cluster), "a")
    run = paths.progress_directory("mine") / "05_first_deploy.run"
    with locks.hold(run, "a run", object="", next_step=""):
        with pytest.raises(LabError, match="05_first_deploy is run in it at this moment"):
            checkpoints.restore(cast(Cluster, cluster), "a", _ignore)
        checkpoints.expect_no_run(cast(Cluster, cluster), "again", but="05_first_deploy")
    checkpoints.restore(cast(Cluster, cluster), "a", _ignore)


def test_a_provider_without_says_what_there_is_instead(cluster: SimpleNamespace) -> None:
    cluster.checkpoints, cluster.nodes, cluster.provider = None, None, "kind"
    with pytest.raises(NotSupported, match="clusters of provider kind keep no state to go back to") as error:
        checkpoints.save(cast(Cluster, cluster), "a")
    assert error.value.next_step.startswith("lab reset")
    assert not starts.has_start(cast(Cluster, cluster), "05_first_deploy")
    starts.keep_start(cast(Cluster, cluster), "05_first_deploy", _ignore)


def test_a_phase_goes_back_and_the_files_of_all_stay(cluster: SimpleNamespace) -> None:
    mine = cast(Cluster, cluster)
    _begin("03_cluster")
    _begin("05_first_deploy")
    starts.keep_start(mine, "05_first_deploy", _ignore)
    starts.keep_start(mine, "05_first_deploy", _ignore)
    assert [each.name for each in cluster.checkpoints.list()] == ["start-05_first_deploy"], "the last one counts"
    later = _begin("06_expand")
    note = _write(paths.workspace_directory("mine") / "06_expand/note", "mine")
    assert starts.go_back(mine, "05_first_deploy", _ignore) == ["06_expand"]
    assert note.read_text() == "mine"
    with pytest.raises(LabError, match="nothing on this page counts"):
        later.save()
    states = {name: progress.load("mine", name) for name in ("03_cluster", "05_first_deploy", "06_expand")}
    assert [state.cluster for state in states.values() if state] == ["this one", "this one", ""]


def test_a_start_that_cannot_be_kept_keeps_nobody_from_beginning(cluster: SimpleNamespace) -> None:
    lines: list[str] = []
    cluster.checkpoints.fails = True
    starts.keep_start(cast(Cluster, cluster), "05_first_deploy", lines.append)
    assert "no room" in lines[-1]
    assert not starts.has_start(cast(Cluster, cluster), "05_first_deploy")


def test_only_the_same_reset_goes_on_with_one_that_was_killed(cluster: SimpleNamespace) -> None:
    mine = cast(Cluster, cluster)
    starts.keep_start(mine, "05_first_deploy", _ignore)
    cluster.checkpoints.fails = True
    with pytest.raises(LabError, match="no answer"):
        starts.go_back(mine, "05_first_deploy", _ignore)
    record.expect_whole("mine", but=starts.reset_command("mine", "05_first_deploy"))
    with pytest.raises(LabError, match="only partly back") as error:
        record.expect_whole("mine", but=starts.reset_command("mine", "06_expand"))
    assert error.value.next_step == "lab reset 5 --name mine"
