"""JUnit XML of a run: a test suite for each notebook, a test case for each step."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lab_helpers import files
from lab_helpers.language import gettext as _
from lab_helpers.redact import Redactor
from lab_helpers.run.engine.terminal_text import strip_escapes
from lab_helpers.run.report.results import NotebookResult, RunResult, StepResult
from lab_helpers.workbook.learner.draw import LAB_VARY, assignments

__all__ = ["write_junit"]

# What XML 1.0 (section 2.2) cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, run: RunResult, redactor: Redactor | None = None) -> None:
    """Write the run's JUnit XML.

    Args:
        path: The file to write.
        run: The result of the run.
        redactor: Masks the run's secrets; by default those of LAB_SECRETS_FILE.

    Raises:
        LabError: The file could not be written.
    """
    redactor = redactor or Redactor.from_environment()
    suites = Element("testsuites", name="kubernetes-lab", time=f"{run.seconds:.3f}")
    stamp = datetime.fromtimestamp(run.started, UTC).isoformat(timespec="seconds")
    for notebook in run.notebooks:
        suites.append(_suite(notebook, stamp))
    _count(suites, list(suites.iter("testcase")))
    for element in suites.iter():
        element.text = _clean(element.text, redactor)
        element.attrib = {name: _clean(value, redactor) or "" for name, value in element.attrib.items()}
    indent(suites)
    files.write(path, '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n")


def _suite(notebook: NotebookResult, stamp: str) -> Element:
    suite = Element("testsuite", name=notebook.name, time=f"{notebook.seconds:.3f}", timestamp=stamp)
    if notebook.vary:
        properties = SubElement(suite, "properties")
        SubElement(properties, "property", name=LAB_VARY, value=assignments(notebook.vary))
    for step in notebook.steps:
        suite.append(_case(notebook, step))
    for cell in notebook.skipped:
        case = SubElement(suite, "testcase", classname=notebook.name, name=f"cell: {cell.title}", time="0")
        SubElement(case, "skipped", message=cell.reason)
    if notebook.error and not any(step.state in ("failed", "error") for step in notebook.steps):
        case = SubElement(suite, "testcase", classname=notebook.name, name="notebook ran to its end", time="0")
        SubElement(case, "failure", message=_first_line(notebook.error)).text = notebook.error
    _count(suite, suite.findall("testcase"))
    return suite


def _case(notebook: NotebookResult, step: StepResult) -> Element:
    case = Element("testcase", classname=notebook.name, name=f"{step.id} {step.title}", time=f"{step.seconds:.3f}")
    if step.state == "failed":
        card = {_("expected"): step.expected, _("seen"): step.seen, _("hint"): step.hint, _("next"): step.next_step}
        text = "\n".join(f"{name}: {value}" for name, value in card.items() if value)
        template = _("expected {expected}, saw {seen}") if step.expected else _("the check failed")
        message = template.format(expected=step.expected, seen=step.seen)
        SubElement(case, "failure", message=message).text = text + f"\n\n{step.diagnosis}".rstrip()
    elif step.state == "error":
        SubElement(case, "error", message=step.reason).text = step.diagnosis
    elif step.state == "not reached":
        # A notebook that ended without checking a step has failed it; one that stopped has an error of its own.
        reason = _("not reached: {reason}").format(reason=step.reason)
        SubElement(case, "skipped" if notebook.error else "failure", message=reason)
    elif step.state != "passed":
        SubElement(case, "skipped", message=step.reason)
    return case


def _count(element: Element, cases: list[Element]) -> None:
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", str(sum(case.find("error") is not None for case in cases)))
    element.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))


def _clean(text: str | None, redactor: Redactor) -> str | None:
    return None if text is None else _NOT_XML.sub("", redactor.text(strip_escapes(text)))


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0]
