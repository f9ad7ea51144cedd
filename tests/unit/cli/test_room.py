"""A learner's room: what JupyterLab is told, and what a terminal in it finds."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lab_helpers import LabError, paths
from lab_helpers.cli import jupyter
from lab_helpers.cli import open as opening
from lab_helpers.cli.down import down
from lab_helpers.workbook import furnishing, place
from lab_helpers.workbook.withholding import decide


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return paths.room_directory("lab")


def test_it_serves_this_machine_only_and_asks_for_a_token() -> None:
    command = jupyter.command("lab", 8888, browser=False)
    assert "--ServerApp.ip=127.0.0.1" in command
    assert not [setting for setting in command if "token" in setting or "password" in setting]
    assert f"--ServerApp.root_dir={paths.workspace_directory('lab')}" in command


def test_its_configuration_is_its_own_and_its_layout_stays_as_it_was_left(room: Path) -> None:
    told = jupyter.environment("lab", ["hints", "solutions"])
    assert (told["LAB_ROOM"], told["LAB_WITHHOLD"]) == (str(room), "hints,solutions")
    assert told["JUPYTER_CONFIG_DIR"] == str(room / "jupyter")
    (layout,) = (room / "jupyter" / "lab" / "workspaces").iterdir()
    assert "map.md" in json.dumps(json.loads(layout.read_text())["data"])
    layout.write_text("{}")
    jupyter.environment("lab", [])
    assert layout.read_text() == "{}"


@pytest.mark.parametrize(("asked", "locale"), [("ko", "ko_KR"), ("en", "en")])
def test_jupyterlab_speaks_the_language_of_the_room(
    room: Path, monkeypatch: pytest.MonkeyPatch, asked: str, locale: str
) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", asked)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    jupyter.environment("lab", [])
    settings = json.loads((room / "jupyter" / "labconfig" / "default_setting_overrides.json").read_text())
    assert settings == {"@jupyterlab/translation-extension:plugin": {"locale": locale}}


def test_what_cannot_be_withheld_is_refused() -> None:
    with pytest.raises(LabError, match="'checks': cannot be withheld; hints and solutions can"):
        decide("lab", ["hints", "checks"])


def test_what_is_withheld_stays_so_until_it_is_lifted_by_name() -> None:
    assert decide("lab", []) == []
    assert decide("lab", ["solutions"]) == ["solutions"]
    assert decide("lab", []) == ["solutions"], "as a learner opens it again"
    assert decide("other", []) == []
    assert decide("lab", ["none"]) == []
    assert decide("lab", []) == []


def test_an_open_room_says_what_it_keeps(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(jupyter, "find_running", lambda _: "http://127.0.0.1:8888/lab?token=t")
    opening.open_lab("lab", browser=False)
    assert capsys.readouterr().out == "it is open already: http://127.0.0.1:8888/lab?token=t\n"
    opening.open_lab("lab", browser=False, language="ko")
    assert "stay until it is ended with Ctrl-C" in capsys.readouterr().out


def test_a_learners_notebook_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    furnishing.copy_notebooks("lab")
    own = paths.workspace_directory("lab") / "notebooks" / "03_cluster.ipynb"
    own.write_text("mine")
    furnishing.copy_notebooks("lab")
    assert own.read_text() == "mine"


def test_terminals_begin_with_the_notebook_that_was_begun_last() -> None:
    assert furnishing._last_begun("lab") == ""
    place.fresh("lab", "03_cluster", "uid").begin()
    place.fresh("lab", "05_first_deploy", "uid").begin()
    (paths.workspace_directory("lab") / "03_cluster").mkdir(parents=True)
    assert furnishing._last_begun("lab") == "03_cluster", "the other one has no workspace"


def _terminal(room: Path, typed: str) -> list[str]:
    """What a terminal of the room prints, line by line, while this is typed into it."""
    bashrc = Path(jupyter.__file__).parent / "bashrc"
    home = room.parent / "home"
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        ["bash", "--rcfile", bashrc, "-i"],
        input=typed,
        capture_output=True,
        text=True,
        check=True,
        cwd=home,
        env={"LAB_ROOM": str(room), "HOME": str(home), "PATH": "/usr/bin:/bin"},
        timeout=30,
    )
    return done.stdout.splitlines()


def _tell(room: Path, stamp: int, directory: Path, nonce: str) -> str:
    directory.mkdir(exist_ok=True)
    lines = (
        f"# {stamp}",
        f"export NONCE={nonce}",
        "lab_tools=/lab/bin:/venv/bin",
        f"lab_directory={directory}",
        f"lab_says='here: {directory}'",
    )
    room.mkdir(parents=True, exist_ok=True)
    (room / "terminal.sh").write_text("\n".join(lines) + "\n")
    return "\n".join(lines)


def test_a_terminal_follows_before_its_next_command(room: Path, tmp_path: Path) -> None:
    news = _tell(room, 2, tmp_path / "05", "second")
    _tell(room, 1, tmp_path / "03", "first")
    typed = f"pwd; echo $NONCE $PATH\ncat > {room}/terminal.sh <<'END'\n{news}\nEND\npwd; echo $NONCE\nfalse\necho $?\n"
    printed = _terminal(room, typed)
    assert printed == [
        f"here: {tmp_path}/03",
        f"{tmp_path}/03",
        "first /lab/bin:/venv/bin:/usr/bin:/bin",
        f"here: {tmp_path}/05",
        f"{tmp_path}/05",
        "second",
        "1",
    ]


def test_a_terminal_finds_its_way_into_a_directory_that_was_replaced(room: Path, tmp_path: Path) -> None:
    _tell(room, 1, tmp_path / "05", "first")
    typed = f"mv {tmp_path}/05 {tmp_path}/kept; mkdir {tmp_path}/05; touch {tmp_path}/05/fresh\nls\n"
    assert _terminal(room, typed)[1:] == ["fresh"]


@pytest.mark.parametrize(("address", "said"), [("http://127.0.0.1:8888/lab?token=t", True), (None, False)])
def test_who_ends_a_cluster_is_told_that_its_room_is_open(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str | None, said: bool
) -> None:
    monkeypatch.setattr(jupyter, "find_running", lambda _: address)
    down("lab")
    out = capsys.readouterr().out
    assert ("its room is still open: the first two code cells" in out) is said
    assert "token" not in out
