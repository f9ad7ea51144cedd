"""What a run says afterwards: the steps' states, JUnit and the HTML page."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lab_helpers import language
from lab_helpers.configuration import Survey
from lab_helpers.configuration.levels import Level
from lab_helpers.configuration.survey import Finding, Row
from lab_helpers.events import Event
from lab_helpers.redact import Redactor
from lab_helpers.run.report import writing
from lab_helpers.run.report.junit import write_junit
from lab_helpers.run.report.results import NotebookResult, RunResult, with_steps
from lab_helpers.run.report.writing import verdict, write_report
from lab_helpers.workbook.display.tables import Table

STEPS = [("5.1", "Applied"), ("5.2", "Rolled out"), ("5.3", "Rolled back")]
SVG = '<svg width="9" height="9"><title>Pods over time</title><script>alert(1)</script><circle r="4"/></svg>'


def check(step: str, state: str, **fields: Any) -> Event:
    return Event("check", 1.0, {"notebook": "05_first_deploy", "step": step, "state": state, **fields})


PASSED = check("5.1", "passed", title="Applied", seconds=1.25, evidence={"pods_ready": 2, "is_safe": True})
FAILED = check(
    "5.2",
    "failed",
    title="Rolled out",
    expected="no failed request",
    seen="3 of 120 <failed>",
    hint="look at the readiness probe",
    next_step="kubectl -n prj-02 describe pod",
    diagnosis="Events:\n  \x1b[31mUnhealthy\x1b[0m\x08",
)


def make_run(tmp_path: Path, events: Sequence[Event], *, error: str = "", **fields: Any) -> RunResult:
    state, title = "failed" if error else "passed", "05 · The first deployment"
    notebook = NotebookResult("05_first_deploy", state, 61.0, error, tmp_path / "out.ipynb", title=title)
    notebook = with_steps(notebook, events, STEPS)
    return RunResult([notebook], "lab", "embedded", "v1.37.2", 1795459000.0, 125.0, **fields)


def states(run: RunResult) -> list[str]:
    return [step.state for step in run.notebooks[0].steps]


def test_a_run_passes_only_when_every_step_did(tmp_path: Path) -> None:
    run = make_run(tmp_path, [PASSED, check("5.2", "passed"), check("5.3", "skipped", reason="needs a second node")])
    assert run.passed
    assert states(run) == ["passed", "passed", "skipped"]
    assert verdict(run) == "Passed: 2 of 3 steps proved, 1 skipped with a reason."


def test_a_check_that_never_ran_fails_a_notebook_that_ended(tmp_path: Path) -> None:
    run = make_run(tmp_path, [PASSED, check("5.2", "passed")])
    assert not run.passed
    assert states(run) == ["passed", "passed", "not reached"]
    assert verdict(run) == "Failed: not every step was checked; 2 of 3 steps proved."


@pytest.mark.parametrize("state", ["", "started", "maybe", "PASSED"])
def test_a_verdict_nobody_understands_is_a_failure(state: str, tmp_path: Path) -> None:
    assert states(make_run(tmp_path, [check("5.1", state)]))[0] == "failed"


def test_the_last_verdict_counts_and_others_are_not_mixed_in(tmp_path: Path) -> None:
    other = Event("check", 1.0, {"notebook": "03_cluster", "step": "5.3", "state": "passed"})
    run = make_run(tmp_path, [FAILED, check("5.2", "passed"), other, check("5.9", "passed", title="Extra")])
    assert [(step.id, step.state) for step in run.notebooks[0].steps] == [
        ("5.1", "not reached"),
        ("5.2", "passed"),
        ("5.3", "not reached"),
        ("5.9", "passed"),
    ]


def test_a_run_of_nothing_has_not_passed() -> None:
    assert not RunResult([], "lab", "embedded", "v1.37.2", 0.0, 0.0).passed


def cases(path: Path) -> dict[str, ElementTree.Element]:
    return {case.get("name", ""): case for case in ElementTree.parse(path).iter("testcase")}


def test_junit_has_a_case_a_step(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    write_junit(path, make_run(tmp_path, [PASSED, FAILED], error="✗ 5.2\n  expected: …"))
    case_list = cases(path)
    assert list(case_list) == ["5.1 Applied", "5.2 Rolled out", "5.3 Rolled back"]
    assert all(case.get("classname") == "05_first_deploy" for case in case_list.values())
    assert case_list["5.1 Applied"].get("time") == "1.250"
    assert len(case_list["5.1 Applied"]) == 0
    failure = case_list["5.2 Rolled out"].find("failure")
    assert failure is not None
    assert failure.get("message") == "expected no failed request, saw 3 of 120 <failed>"
    for words in ("hint: look at the readiness probe", "next: kubectl -n prj-02 describe pod", "Unhealthy"):
        assert words in (failure.text or "")
    skipped = case_list["5.3 Rolled back"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "not reached: The notebook stopped before it."
    root = ElementTree.parse(path).getroot()
    suite = root[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("3", "1", "1")
    assert not set(path.read_text()) & {"\x1b", "\x08"}


def test_a_check_that_failed_itself_is_an_error_in_junit_and_no_skip(tmp_path: Path, executed: Path) -> None:
    path, message = tmp_path / "junit.xml", "the check itself failed: KeyError: 'status'"
    broken = check("5.2", "error", reason=message, diagnosis="Traceback …")
    run = make_run(tmp_path, [PASSED, broken], error=f"✗ {message}")
    write_junit(path, run)
    suite = ElementTree.parse(path).getroot()[0]
    assert [suite.get(count) for count in ("tests", "failures", "errors", "skipped")] == ["3", "0", "1", "1"]
    (error,) = suite.iter("error")
    assert (error.get("message"), error.text) == (message, "Traceback …")
    write_report(tmp_path / "report.html", run)
    page = (tmp_path / "report.html").read_text()
    assert "! error" in page
    assert "KeyError" in page
    assert not run.passed


def test_junit_tells_of_a_notebook_that_died(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    write_junit(path, make_run(tmp_path, [PASSED], error="DeadKernelError: the kernel died"))
    failure = cases(path)["notebook ran to its end"].find("failure")
    assert failure is not None
    assert failure.get("message") == "DeadKernelError: the kernel died"


def test_a_skipped_cell_is_named_with_its_reason_and_fails_nothing(tmp_path: Path, executed: Path) -> None:
    fields = {"notebook": "05_first_deploy", "title": "kubectl get <nodes>", "state": "skipped", "reason": "needs more"}
    other = {**fields, "notebook": "03_cluster", "title": "kubectl get pods"}
    done = [PASSED, check("5.2", "passed"), check("5.3", "passed")]
    run = make_run(tmp_path, [*done, Event("cell", 1.0, fields), Event("cell", 1.0, other)])
    assert run.passed
    write_junit(tmp_path / "junit.xml", run)
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("skipped"), suite.get("failures")) == ("4", "1", "0")
    assert suite[-1].get("name") == "cell: kubectl get <nodes>"
    assert suite[-1][0].get("message") == "needs more"
    write_report(tmp_path / "report.html", run)
    page = (tmp_path / "report.html").read_text()
    assert "kubectl get &lt;nodes&gt;" in page
    assert "needs more" in page
    assert "kubectl get pods" not in page


def test_what_was_drawn_is_told_with_how_to_repeat_it(tmp_path: Path, executed: Path) -> None:
    fields = {"notebook": "05_first_deploy", "name": "05_first_deploy", "state": "drawn"}
    events = [Event("notebook", 1.0, {**fields, "vary": {"quantity": quantity, "price": "5"}}) for quantity in (3, 4)]
    run = make_run(tmp_path, [*events, PASSED])
    write_junit(tmp_path / "junit.xml", run)
    (drawn,) = ElementTree.parse(tmp_path / "junit.xml").iter("property")
    assert drawn.attrib == {"name": "LAB_VARY", "value": "quantity=4 price=5"}
    assert [suite.get("tests") for suite in ElementTree.parse(tmp_path / "junit.xml").iter("testsuite")] == ["3"]
    write_report(tmp_path / "report.html", run)
    assert "set LAB_VARY=&#39;quantity=4 price=5&#39;." in (tmp_path / "report.html").read_text()


def test_junit_fails_a_step_that_was_left_out(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    write_junit(path, make_run(tmp_path, [PASSED, check("5.2", "skipped", reason="needs nodes")]))
    case_list = cases(path)
    assert case_list["5.3 Rolled back"].find("failure") is not None
    skipped = case_list["5.2 Rolled out"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "needs nodes"


class Page(HTMLParser):
    """What a reader and a screen reader meet in a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def executed(tmp_path: Path) -> Path:
    """An executed notebook with a picture in two forms, one inside HTML, one encoded in an image, and two broken."""
    encoded = base64.b64encode(f'<?xml version="1.0"?>{SVG}'.encode()).decode()
    outputs = [
        new_output("display_data", data={"image/svg+xml": SVG, "text/html": f"<div>{SVG}</div>", "text/plain": "x"}),
        new_output("display_data", data={"text/html": f"<p>a<br>{SVG}</p>"}),
        new_output("display_data", data={"text/html": f'<img src="data:image/svg+xml;base64,{encoded}">'}),
        new_output("display_data", data={"text/html": '<img src="data:image/svg+xml;base64,AAA">'}),
        new_output("display_data", data={"text/html": "<svg><g></svg>"}),
    ]
    cells = [new_markdown_cell("# First deploy\n\n## Roll out"), new_code_cell("draw()", outputs=outputs)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "out.ipynb")
    return tmp_path / "out.ipynb"


def test_the_page_says_it_all(tmp_path: Path, executed: Path) -> None:
    path = tmp_path / "report.html"
    run = make_run(tmp_path, [PASSED, FAILED], error="✗ 5.2", environment={"Kernel": "6.18"})
    write_report(path, run)
    page = Page(path)
    expected = (
        "Failed: step 5.2, “Rolled out”; 1 of 3 steps proved.",
        "2 min 05 s",
        "embedded",
        "v1.37.2",
        "pods ready",
        "3 of 120 <failed>",
        "look at the readiness probe",
        "kubectl -n prj-02 describe pod",
        "Unhealthy",
        "The notebook stopped before it.",
        "6.18",
    )
    assert [words for words in expected if words not in page.words] == []
    assert "<failed>" not in path.read_text()
    assert [image["alt"] for image in page.all("img")] == ["Pods over time"] * 3
    assert page.words.count("Roll out\n") <= 3


def test_the_page_stands_alone_and_can_be_walked(tmp_path: Path, executed: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_run(tmp_path, [PASSED, FAILED], error="✗ 5.2", environment={"Kernel": "6.18"}))
    page = Page(path)
    assert page.all("html") == [{"lang": "en"}]
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    assert all("scope" in heading for heading in page.all("th"))
    assert {"header", "main", "footer"} <= {tag for tag, _ in page.tags}
    assert {"script", "link", "iframe", "object"}.isdisjoint(tag for tag, _ in page.tags)
    targets = [attributes.get("href") or attributes.get("src") or "" for _, attributes in page.tags]
    assert [target for target in targets if target and not target.startswith(("#", "data:", "out.ipynb"))] == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert [t for t in targets if t.startswith("#") and t[1:] not in ids] == []


def test_every_word_of_the_template_can_be_translated() -> None:
    template = Path(writing.__file__).with_name("report.html.j2").read_text(encoding="utf-8")
    page = re.sub(r"<style>.*?</style>|{[{%].*?[}%]}|<[^>]+>", "", re.sub(r"{{.*?}}", "", template), flags=re.DOTALL)
    assert re.findall(r"[A-Za-z]+", page) == []


def test_pictures_are_images_of_their_own(tmp_path: Path, executed: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_run(tmp_path, [PASSED]))
    for image in Page(path).all("img"):
        kind, _, content = (image["src"] or "").partition(",")
        assert kind == "data:image/svg+xml;base64"
        ElementTree.fromstring(base64.b64decode(content))
        assert b'xmlns="http://www.w3.org/2000/svg"' in base64.b64decode(content)


def test_a_picture_stands_at_its_step_and_is_told_in_words_too(tmp_path: Path) -> None:
    drawing = SVG.replace("<circle", "<desc>Two pods &amp; no loss</desc><circle")
    outputs = [new_output("display_data", data={"image/svg+xml": drawing, "text/plain": "pod  state"})]
    cells = [new_markdown_cell("## 5.2 Roll out"), new_code_cell("draw()", outputs=outputs)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "out.ipynb")
    path = tmp_path / "report.html"
    write_report(path, make_run(tmp_path, [PASSED, FAILED], error="✗ 5.2"))
    text = path.read_text()
    assert text.index('id="05_first_deploy-5.2"') < text.index("<img ") < text.index('id="05_first_deploy-5.3"')
    page = Page(path)
    assert [image["alt"] for image in page.all("img")] == ["Two pods & no loss"]
    assert "pod  state" in page.words


def test_what_failed_is_told_first(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_run(tmp_path, [PASSED, FAILED], error="✗ 5.2"))
    words = Page(path).words
    assert words.index("What failed") < words.index("3 of 120 <failed>") < words.index("At a glance")
    write_report(path, make_run(tmp_path, [PASSED]))
    assert "What failed" not in Page(path).words


def test_what_a_cluster_is_asked_next_needs_one_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_run(tmp_path, [FAILED], error="✗ 5.2", is_kept=False))
    assert "lab up --name look" in Page(path).words
    write_report(path, make_run(tmp_path, [FAILED], error="✗ 5.2", is_kept=True))
    assert "lab up --name look" not in Page(path).words


def test_an_executed_notebook_is_fetched_not_shown_as_it_is_written(tmp_path: Path, executed: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, make_run(tmp_path, [PASSED]))
    [link] = [link for link in Page(path).all("a") if link.get("href") == executed.name]
    assert "download" in link
    assert "executed notebook (for JupyterLab)" in Page(path).words


def test_data_are_english_and_the_page_is_in_the_readers_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", "ko")
    title = "Roll back, and prove it"
    run = make_run(tmp_path, [check("5.1", "passed", title=title, evidence={"wrong answers": 2})])
    write_junit(tmp_path / "junit.xml", run)
    assert f"5.1 {title}" in cases(tmp_path / "junit.xml")
    write_report(tmp_path / "report.html", run)
    words = Page(tmp_path / "report.html").words
    for english in (title, "wrong answers"):
        assert english not in words
        assert language.gettext(english) in words


def test_a_table_of_evidence_is_a_table_of_the_page(tmp_path: Path) -> None:
    table = Table(("host", "requests", "200"), [("prj-01.example.com", "9", "9"), ("<any>", "2", "")])
    facts = {"requests by host": asdict(table), "labels": {"app": "web"}}
    write_report(tmp_path / "report.html", make_run(tmp_path, [check("5.1", "passed", evidence=facts)]))
    text = (tmp_path / "report.html").read_text()
    for cell in ("prj-01.example.com", "&lt;any&gt;"):
        assert f"<tr><td>{cell}</td>" in text
    assert '<table aria-label="requests by host">' in text
    assert "{&#34;app&#34;: &#34;web&#34;}" in text


def test_no_secret_in_any_of_them(tmp_path: Path) -> None:
    run = make_run(tmp_path, [check("5.1", "failed", seen='the "token" <x>', evidence={"k": 'the "token" <x>'})])
    for write, name in ((write_junit, "junit.xml"), (write_report, "report.html")):
        write(tmp_path / name, run, Redactor(['the "token" <x>']))
        text = (tmp_path / name).read_text()
        assert "[secret]" in text
        assert "token" not in text


def test_the_verdict_names_a_notebook_that_stopped_besides_a_failed_step(tmp_path: Path) -> None:
    failed = make_run(tmp_path, [PASSED, FAILED], error="5.2: expected no failed request")
    assert verdict(failed) == "Failed: step 5.2, “Rolled out”; 1 of 3 steps proved."
    other = NotebookResult("03_cluster", "failed", 0.2, "the kernel did not start", tmp_path / "03.ipynb", title="03")
    both = replace(failed, notebooks=[*failed.notebooks, other])
    assert verdict(both) == f"{verdict(failed)} Stopped early, too: 03."


def test_a_run_without_outputs_still_has_a_page(tmp_path: Path) -> None:
    run = make_run(tmp_path, [], error="LabError: the kernel did not start")
    write_report(tmp_path / "report.html", run)
    page = Page(tmp_path / "report.html")
    assert "05 · The first deployment stopped early; 0 of 3 steps proved." in page.words
    assert "the kernel did not start" in page.words


def test_what_was_deployed_is_shown_with_its_configuration(tmp_path: Path) -> None:
    row = Row("LOG_LEVEL", "debug", Level.OVERLAY, "k8s/patch.yaml:7", "", (), "warn", False, (Finding.DRIFT,))
    survey = Survey("web", "staging", tmp_path, "deployment/web", "web", (row,), is_running=True, is_helms=False)
    run = make_run(tmp_path, [PASSED])
    page = tmp_path / "report.html"
    write_report(page, replace(run, notebooks=[replace(run.notebooks[0], configuration=[survey])]))
    text = page.read_text()
    assert "Configuration of web, staging: what the files say, and what the cluster ran at the end" in text
    assert '<td class="value">2 overlay</td><td class="value">warn</td>' in text
    assert "drift: the cluster does not run what the files say" in text
