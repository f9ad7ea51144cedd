"""Notebooks run in this process, with real kernels: what ends badly says so, and nothing is claimed that was not."""

from __future__ import annotations

import asyncio
import gc
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from lab_helpers import events, wait
from lab_helpers.errors import LabError
from lab_helpers.run.notebooks import execute, list_notebooks
from lab_helpers.run.report.results import with_steps
from tests.processes import is_running

from .conftest import MakeNotebook, Run, printed, read_valid, statuses


def test_a_notebook_that_works_passes(make_notebook: MakeNotebook, run: Run, tmp_path: Path) -> None:
    notebook = make_notebook(
        "import os\nprint(colour, os.environ['LAB_NOTEBOOK'], os.environ['MOOD'])",
        "print('one'); print('two')",
        parameters="colour: str = 'green'  # of the sky",
    )
    result = run(notebook, parameters={"colour": "blue"}, environment={"MOOD": "calm"})
    assert (result.name, result.state, result.error) == ("05_sample", "passed", "")
    nb = read_valid(result.output)
    assert statuses(nb) == ["completed"] * 4
    assert nb.metadata.lab.state == "passed"
    assert printed(nb) == ["blue 05_sample calm\n", "one\ntwo\n"]
    assert [event.state for event in events.read(tmp_path / "events.jsonl")] == ["started", "passed"]


def test_a_failed_cell_fails_and_the_rest_is_not_run(make_notebook: MakeNotebook, run: Run) -> None:
    result = run(make_notebook("x = 1", "raise ValueError('too green')", "x = 2"))
    assert result.state == "failed"
    assert "ValueError: too green" in result.error
    nb = read_valid(result.output)
    assert statuses(nb) == ["completed", "failed", "pending"]
    assert nb.metadata.lab == {"state": "failed", "reason": "ValueError: too green"}
    assert nb.cells[-1].execution_count is None


def test_a_cell_that_exits_quietly_has_not_passed(make_notebook: MakeNotebook, run: Run) -> None:
    result = run(make_notebook("import sys\nsys.exit(0)", "x = 2"))
    assert result.state == "failed"
    assert statuses(read_valid(result.output)) == ["failed", "pending"]


def test_a_dead_kernel_is_noticed(
    make_notebook: MakeNotebook, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whose own look, once a second, is not waited for.
    monkeypatch.setattr(NotebookClient, "_async_poll_kernel_alive", lambda _client: asyncio.Event().wait())
    died = tmp_path / "died"
    source = f"import os, pathlib\npathlib.Path({str(died)!r}).touch()\nos._exit(1)"
    result = run(make_notebook("x = 1", source, "x = 2"), cell_seconds=300)
    assert time.time() - died.stat().st_mtime < 120
    assert result.state == "failed"
    assert "the kernel died" in result.error
    assert statuses(read_valid(result.output)) == ["completed", "failed", "pending"]


def test_a_cell_that_takes_too_long_is_stopped(make_notebook: MakeNotebook, run: Run) -> None:
    result = run(make_notebook("import time\ntime.sleep(900)", "x = 2"), cell_seconds=0.5)
    assert result.seconds < 500
    assert "did not end within 0.5 s" in result.error
    assert statuses(read_valid(result.output)) == ["failed", "pending"]


@pytest.mark.parametrize("asking", ["input('?')", "import getpass\ngetpass.getpass()", "import pdb\npdb.set_trace()"])
def test_a_cell_that_asks_fails_at_once(asking: str, make_notebook: MakeNotebook, run: Run) -> None:
    result = run(make_notebook(asking, "x = 2"), cell_seconds=400)
    assert "StdinNotImplementedError" in result.error or "BdbQuit" in result.error
    assert statuses(read_valid(result.output)) == ["failed", "pending"]


def test_time_limits_hold_while_output_pours_in(
    make_notebook: MakeNotebook, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    gc.collect()
    caplog.clear()  # what others left behind is theirs
    began = time.monotonic()
    result = run(make_notebook("while True: print('x' * 1000, flush=True)", "x = 2"), cell_seconds=1.0)
    assert time.monotonic() - began < 400
    gc.collect()  # what nobody awaited complains when it goes
    assert [entry.message for entry in caplog.records if entry.name == "asyncio"] == []
    assert "did not end within 1 s" in result.error
    assert statuses(read_valid(result.output)) == ["failed", "pending"]


def test_nothing_of_what_pours_in_is_lost(
    make_notebook: MakeNotebook, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab_helpers.run.engine.client.SECONDS_TO_SHOW", 400)
    # More messages than the channel between kernel and run holds by default, while the run is kept from reading them.
    source = "from IPython.display import display\nfor number in range(6000): display(number)\nprint('x' * 3_000_000)"
    nb = read_valid(run(make_notebook(source)).output)
    *shown, text = nb.cells[-1].outputs
    assert [output.data["text/plain"] for output in shown] == [str(number) for number in range(6000)]
    assert text.text == "x" * 3_000_000 + "\n"


def test_outputs_that_do_not_arrive_are_told(
    make_notebook: MakeNotebook, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab_helpers.run.engine.client.SECONDS_TO_SHOW", 1)
    deaf = "get_ipython().kernel.iopub_thread.stop()"  # what the kernel says after this goes nowhere
    result = run(make_notebook(deaf))
    assert "did not all arrive within" in result.error
    assert statuses(read_valid(result.output)) == ["failed"]


def test_a_cell_that_is_not_to_run_is_told_as_skipped(make_notebook: MakeNotebook, run: Run, tmp_path: Path) -> None:
    notebook = make_notebook("x = 1", "kubectl_apply()  # by hand\nx = 2", "print(x)")
    content = nbformat.read(notebook, as_version=4)
    content.cells[2].metadata["tags"] = ["skip-execution"]
    nbformat.write(content, notebook)
    result = run(notebook)
    nb = read_valid(result.output)
    assert statuses(nb) == ["completed", "skipped", "completed"]
    assert nb.cells[2].metadata.papermill.start_time is None
    assert printed(nb) == ["1\n"]
    [cell] = with_steps(result, events.read(tmp_path / "events.jsonl"), []).skipped
    assert (cell.title, cell.reason) == ("kubectl_apply()  # by hand", "is tagged skip-execution")


def test_magics_in_the_parameters_cell_run(make_notebook: MakeNotebook, run: Run) -> None:
    result = run(
        make_notebook("print(files, x)", parameters="files = !echo here\n!true\nx: int = 1"), parameters={"x": "2"}
    )
    assert result.passed, result.error
    assert printed(read_valid(result.output)) == ["['here'] 2\n"]


def test_an_unknown_parameter_is_refused_before_anything_runs(make_notebook: MakeNotebook, run: Run) -> None:
    notebook = make_notebook("x = 1", parameters="provider = 'auto'\nname: str = 'lab'")
    with pytest.raises(LabError) as caught:
        run(notebook, parameters={"provder": "kind"})
    assert "'provder'" in str(caught.value)
    assert "provider, name" in str(caught.value)
    assert str(notebook) in str(caught.value)
    assert not (notebook.parent / "out.ipynb").exists()


def test_a_kernel_that_is_not_there_is_named(make_notebook: MakeNotebook, run: Run, tmp_path: Path) -> None:
    notebook = make_notebook("x = 1")
    notebook.write_text(notebook.read_text().replace('"name": "python3"', '"name": "python9"'))
    with pytest.raises(LabError, match="kernel python9: the kernel did not start"):
        run(notebook)
    assert read_valid(tmp_path / "out.ipynb").metadata.lab.state == "failed"


def test_a_kernel_whose_program_is_not_there_is_named(
    make_notebook: MakeNotebook, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "kernels" / "gone" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text('{"argv": ["/no/such/python", "{connection_file}"], "display_name": "x", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    notebook = make_notebook("x = 1")
    notebook.write_text(notebook.read_text().replace('"name": "python3"', '"name": "gone"'))
    with pytest.raises(LabError, match="kernel gone: the kernel did not start"):
        run(notebook)


def test_a_notebook_that_names_no_kernel_says_so(make_notebook: MakeNotebook, run: Run) -> None:
    notebook = make_notebook("x = 1")
    content = nbformat.read(notebook, as_version=4)
    del content.metadata["kernelspec"]
    nbformat.write(content, notebook)
    with pytest.raises(LabError, match="names no kernel"):
        run(notebook)


def test_no_room_for_temporary_files_is_told(
    make_notebook: MakeNotebook, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/proc/none")
    with pytest.raises(LabError, match="cannot be written"):
        run(make_notebook("x = 1"))


def test_outputs_are_plain(make_notebook: MakeNotebook, run: Run) -> None:
    notebook = make_notebook(
        r"print('\x1b[1;31mred\x1b[0m \x1b]8;;x\x07link'); print('10 %\r100 %')",
        "import ipywidgets\nfrom IPython.display import display\ndisplay(ipywidgets.IntSlider())",
        "raise ValueError('in colour')",
    )
    result = run(notebook)
    nb = read_valid(result.output)
    assert printed(nb) == ["red link\n100 %\n"]
    text = result.output.read_text()
    assert "u001b" not in text
    assert "\x1b" not in text
    assert "widget-view" not in text
    assert "widgets" not in nb.metadata


def test_secrets_stay_in_the_kernel(make_notebook: MakeNotebook, run: Run, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.write_text("hunter2hunter2\n")
    secrets.chmod(0o600)
    notebook = make_notebook(
        "import base64\nprint('hunter2' * 2, registry_password)\nprint(base64.b64encode(registry_password.encode()))",
        "import sys\nsys.stdout.write(registry_password[:5]); sys.stdout.flush(); print(registry_password[5:])",
        "from lab_helpers.events import emit\nemit('check', step='1', state='passed', seen=registry_password)",
        "from lab_helpers.redact import remember\nprint('learnt later'); remember('learnt later')",
        "assert registry_password == 'esroh tcerroc'[::-1]\nraise ValueError(registry_password)",
        parameters="registry_password = ''",
    )
    result = run(
        notebook,
        parameters={"registry_password": "correct horse"},
        environment={"LAB_SECRETS_FILE": str(secrets)},
    )
    assert "ValueError: [secret]" in result.error
    nb = read_valid(result.output)
    assert nb.metadata.papermill.parameters == {"registry_password": "[secret]"}
    injected = [cell for cell in nb.cells if "injected-parameters" in cell.metadata.tags]
    assert 'registry_password = "[secret]"' in injected[0].source
    written = result.output.read_text() + (tmp_path / "events.jsonl").read_text()
    for secret in ("correct horse", "Y29ycmVjdCBob3JzZQ", "hunter2hunter2"):
        assert secret not in written
    assert "learnt later\\n" not in written


def test_events_arrive_while_the_notebook_runs(make_notebook: MakeNotebook, run: Run, tmp_path: Path) -> None:
    stream: list[events.Event] = []
    go_on = tmp_path / "go_on"

    def on_event(event: events.Event) -> None:
        stream.append(event)
        if event.kind == "check":
            go_on.touch()

    notebook = make_notebook(
        "from lab_helpers.events import emit\nemit('check', step='5.1', state='passed', title='First')",
        f"import pathlib\nfrom lab_helpers.wait import until\n"
        f"found = until(pathlib.Path({str(go_on)!r}).exists, seconds=120, outcome='be seen')",
    )
    assert run(notebook, on_event=on_event).state == "passed"
    assert [(event.kind, event.state, event.fields["notebook"]) for event in stream] == [
        ("notebook", "started", "05_sample"),
        ("check", "passed", "05_sample"),
        ("notebook", "passed", "05_sample"),
    ]


def test_a_run_that_cannot_save_ends(make_notebook: MakeNotebook, tmp_path: Path) -> None:
    directory = tmp_path / "gone"
    directory.mkdir()
    # At once, and not file by file: the run saves meanwhile.
    notebook = make_notebook(
        f"import os, time\nos.rename({str(directory)!r}, {str(tmp_path / 'moved')!r})\ntime.sleep(900)"
    )
    began = time.monotonic()
    with pytest.raises(LabError, match="cannot be written: No such file"):
        execute(notebook, directory / "out.ipynb", parameters={}, events=tmp_path / "events.jsonl")
    assert time.monotonic() - began < 500


def test_nothing_stays_behind(
    make_notebook: MakeNotebook, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = run(make_notebook("import os, subprocess\nprint(os.getpid(), subprocess.Popen(['sleep', '900']).pid)"))
    pids = printed(read_valid(result.output))[0].split()
    wait.until(lambda: not any(map(is_running, pids)), seconds=120, outcome="end")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["05_sample.ipynb", "events.jsonl", "out.ipynb"]


def test_notebooks_are_listed_by_number(tmp_path: Path) -> None:
    for name in ("10_last", "2_first", "notes", ".ipynb_checkpoints"):
        (tmp_path / f"{name}.ipynb").touch()
    assert [path.stem for path in list_notebooks(tmp_path)] == ["2_first", "10_last"]
