"""A learner's room: what JupyterLab is told, and what a terminal in it finds."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab_helpers import LabError, checkout, container, paths, wait
from lab_helpers.cli import jupyter
from lab_helpers.cli import open as opening
from lab_helpers.cli.jupyter.address import Address
from lab_helpers.cluster import choose, lifecycle, sweep
from lab_helpers.cluster.base import State
from lab_helpers.workbook.room import environment, room_setup
from lab_helpers.workbook.room.withholding import decide
from lab_helpers.workbook.session import ahead

ADDRESS = Address(8888, "t0ken")


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return paths.room_directory("lab")


def test_it_serves_this_machine_only_and_asks_for_a_token() -> None:
    command = jupyter.command("lab", 8888)
    assert "--ServerApp.ip=127.0.0.1" in command
    assert not [setting for setting in command if "token" in setting or "password" in setting]
    assert f"--ServerApp.root_dir={paths.workspace_directory('lab')}" in command


def test_its_token_is_in_a_private_file(room: Path) -> None:
    jupyter.environment("lab", [], ADDRESS)
    file = room / "jupyter" / "jupyter_server_config.json"
    assert json.loads(file.read_text()) == {"IdentityProvider": {"token": ADDRESS.token}}
    assert file.stat().st_mode & 0o077 == 0
    assert (room / "runtime").stat().st_mode & 0o077 == 0


def test_its_configuration_is_its_own_and_its_layout_stays_as_it_was_left(room: Path) -> None:
    variables = jupyter.environment("lab", ["hints", "solutions"], ADDRESS)
    assert (variables["LAB_ROOM"], variables["LAB_WITHHOLD"]) == (str(room), "hints,solutions")
    assert variables["JUPYTER_CONFIG_DIR"] == str(room / "jupyter")
    (layout,) = (room / "jupyter" / "lab" / "workspaces").iterdir()
    assert "map.md" in json.dumps(json.loads(layout.read_text())["data"])
    layout.write_text("{}")
    jupyter.environment("lab", [], ADDRESS)
    assert layout.read_text() == "{}"


@pytest.mark.parametrize(("language", "locale"), [("ko", "ko_KR"), ("en", "en")])
def test_jupyterlab_speaks_the_language_of_the_room(
    room: Path, monkeypatch: pytest.MonkeyPatch, language: str, locale: str
) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", language)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    jupyter.environment("lab", [], ADDRESS)
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
    running = jupyter.RunningServer("http://127.0.0.1:8888/lab?token=t", Path("open.html"))
    monkeypatch.setattr(jupyter, "find_running", lambda _: running)
    opening.open_lab("lab", browser=False)
    assert capsys.readouterr().out == "it is open already: http://127.0.0.1:8888/lab?token=t\n"
    opening.open_lab("lab", browser=False, language="ko")
    assert "stay until it is ended with Ctrl-C" in capsys.readouterr().out


class _Room:
    """A room that opens in a container, is ended at once, and whose JupyterLab ends only after the cluster has.

    Args:
        failure: What the first deletion of the cluster ends with.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path, failure: BaseException | None) -> None:
        self.deletions = 0
        self.state = State.ABSENT
        self._begun, self._terminated, self._gone = directory / "begun", directory / "terminated", directory / "gone"
        self._failure = failure
        ending = f"touch {self._terminated}; until [ -e {self._gone} ]; do sleep 0.1; done; exit 0"
        server = f"trap '{ending}' TERM; touch {self._begun}; while :; do sleep 0.1; done"
        monkeypatch.setenv(container.LAB_CONTAINER, "1")
        monkeypatch.setattr(opening, "_announce", self._interrupt)
        for module, name, value in (
            (choose, "provider_of", SimpleNamespace(delete=self._delete, state=lambda _: self.state)),
            (sweep, "sweep", None),
            (lifecycle, "attach_or_create", None),
            (room_setup, "set_up", None),
            (environment, "variables", {}),
            (ahead, "build", None),
            (jupyter, "command", ["sh", "-c", server]),
        ):
            monkeypatch.setattr(module, name, lambda *_arguments, value=value, **_options: value)

    def _interrupt(self, *_arguments: object, **_options: object) -> None:
        wait.until(self._begun.exists, seconds=300, outcome="serve", object="JupyterLab")
        raise KeyboardInterrupt

    def _delete(self, _name: str) -> None:
        self.deletions += 1
        wait.until(self._terminated.exists, seconds=300, outcome="end", object="JupyterLab")
        self._gone.touch()
        if self._failure is not None and self.deletions == 1:
            raise self._failure


@pytest.mark.parametrize("failure", [None, LabError("is held by a kernel")])
def test_in_a_container_the_cluster_ends_while_jupyterlab_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failure: LabError | None
) -> None:
    opened = _Room(monkeypatch, tmp_path, failure)
    opening.open_lab("lab", browser=False)
    assert opened.deletions == 2, "once more when no kernel is left that might make another"


def test_in_a_container_a_second_signal_leaves_no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened = _Room(monkeypatch, tmp_path, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        opening.open_lab("lab", browser=False)
    assert opened.deletions == 2


@pytest.mark.parametrize(("state", "goes_on"), [(State.RUNNING, True), (State.ABSENT, False), (State.ENDED, False)])
def test_only_a_cluster_that_runs_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], state: State, goes_on: bool
) -> None:
    opened = _Room(monkeypatch, tmp_path, None)
    monkeypatch.delenv(container.LAB_CONTAINER)
    (tmp_path / "gone").touch()
    opened.state = state
    opening.open_lab("lab", browser=False)
    assert ("the cluster goes on" in capsys.readouterr().out) is goes_on, "`lab down` may have ended it meanwhile"


def test_a_learners_notebook_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    room_setup.copy_notebooks("lab")
    own = paths.workspace_directory("lab") / "notebooks" / "03_cluster.ipynb"
    own.write_text("mine")
    room_setup.copy_notebooks("lab")
    assert own.read_text() == "mine"


@pytest.mark.parametrize(("spoken", "title"), [("en", "The architecture"), ("ko", "아키텍처")])
def test_the_architecture_is_where_the_notebooks_look_for_it(
    monkeypatch: pytest.MonkeyPatch, spoken: str, title: str
) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", spoken)
    room_setup._copy_architecture("lab")
    room_setup.write_map("lab")
    workspace = paths.workspace_directory("lab")
    (link,) = re.findall(r"\]\((docs/\S+)\)", (workspace / room_setup.MAP).read_text())
    assert (workspace / link).read_text().startswith(f"# {title}")


@pytest.mark.parametrize("spoken", ["en", "ko"])
def test_links_of_a_notebook_lead_somewhere_in_the_room_and_in_the_checkout(
    monkeypatch: pytest.MonkeyPatch, spoken: str
) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", spoken)
    room_setup.copy_notebooks("lab")
    room_setup._copy_architecture("lab")
    room = paths.workspace_directory("lab") / "notebooks"
    links = {link for file in room.glob("*.ipynb") for link in re.findall(r"\]\(([^)#\s]+)", file.read_text())}
    assert "05_first_deploy.ipynb" in links
    assert [
        link for link in links for place in (room, checkout.notebooks_directory()) if not (place / link).exists()
    ] == []


def test_a_copy_says_of_its_kernel_what_jupyterlab_would_write() -> None:
    room_setup.copy_notebooks("lab")
    own = json.loads((paths.workspace_directory("lab") / "notebooks" / "03_cluster.ipynb").read_text())
    assert own["metadata"]["language_info"]["version"] == platform.python_version()


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
        timeout=120,
    )
    return done.stdout.splitlines()


def _tell(room: Path, stamp: int, directory: Path, nonce: str, notebook: str) -> str:
    directory.mkdir(exist_ok=True)
    lines = (
        f"# {stamp}",
        f"export NONCE={nonce}",
        "lab_tools=/lab/bin:/venv/bin",
        f"lab_directory={directory}",
        f"lab_says='here: {directory}'",
    )
    file = room / "terminals" / f"{notebook}.sh"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")
    return "\n".join(lines)


def test_a_terminal_follows_the_page_in_front_before_its_next_command(room: Path, tmp_path: Path) -> None:
    for stamp, notebook in enumerate(("workspace", "03", "05")):
        _tell(room, stamp, tmp_path / notebook, f"of-{notebook}", notebook)
    front = f"{room}/front"
    typed = f"pwd; echo $NONCE $PATH\necho 03 > {front}\npwd; echo $NONCE\necho 05 > {front}\npwd\nfalse\necho $?\n"
    assert _terminal(room, typed) == [
        f"here: {tmp_path}/workspace",
        f"{tmp_path}/workspace",
        "of-workspace /lab/bin:/venv/bin:/usr/bin:/bin",
        f"here: {tmp_path}/03",
        f"{tmp_path}/03",
        "of-03",
        f"here: {tmp_path}/05",
        f"{tmp_path}/05",
        "1",
    ]


def test_a_terminal_hears_when_the_notebook_in_front_is_opened(room: Path, tmp_path: Path) -> None:
    """Until then it works where no file is that it could take for another one; what other pages do is no news."""
    _tell(room, 1, tmp_path / "workspace", "", "workspace")
    (room / "front").write_text("05\n")
    scripts = {name: _tell(room, 2, tmp_path / name, "n", name) for name in ("03", "05")}
    for name in scripts:
        (room / "terminals" / f"{name}.sh").unlink()
    opened = [f"cat > {room}/terminals/{name}.sh <<'END'\n{lines}\nEND\npwd\n" for name, lines in scripts.items()]
    assert _terminal(room, "".join(opened)) == [
        f"here: {tmp_path}/workspace",
        f"{tmp_path}/workspace",
        f"here: {tmp_path}/05",
        f"{tmp_path}/05",
    ]


def test_a_terminal_says_once_that_the_cluster_has_ended(room: Path, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.touch()
    _tell(room, 1, tmp_path / "05", "n", "workspace")
    with (room / "terminals" / "workspace.sh").open("a") as file:
        file.write(f"export KUBECONFIG={kubeconfig}\nlab_gone='it has ended'\n")
    typed = f"echo runs\nrm {kubeconfig}\necho 1\necho 2\ntouch {kubeconfig}\necho 3\nrm {kubeconfig}\necho 4\n"
    assert _terminal(room, typed)[1:] == ["runs", "it has ended", "1", "2", "3", "it has ended", "4"]


def test_a_terminal_finds_its_way_into_a_directory_that_was_replaced(room: Path, tmp_path: Path) -> None:
    _tell(room, 1, tmp_path / "05", "first", "workspace")
    typed = f"mv {tmp_path}/05 {tmp_path}/kept; mkdir {tmp_path}/05; touch {tmp_path}/05/fresh\nls\n"
    assert _terminal(room, typed)[1:] == ["fresh"]
