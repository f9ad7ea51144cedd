"""The report of a run: one HTML page that a manager reads in a minute and an engineer can dig in."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import files
from lab_helpers.redact import Redactor
from lab_helpers.run.report import words
from lab_helpers.run.report.page import page_of, verdict
from lab_helpers.run.report.results import RunResult
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["verdict", "write_report"]


def write_report(path: Path, run: RunResult, redactor: Redactor | None = None) -> None:
    """Write the run's report: one page that needs no network and no other file.

    Args:
        path: The file to write.
        run: The result of the run.
        redactor: Masks the run's secrets; by default those of LAB_SECRETS_FILE.

    Raises:
        LabError: The file could not be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2", globals={"phrase": phrase, "words": words})
    page = page_of(run, path.parent, redactor or Redactor.from_environment())
    files.write(path, template.render(page))
