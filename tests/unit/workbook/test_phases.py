from __future__ import annotations

from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.learner.phase_map import map_card, map_lines, map_markdown
from lab_helpers.workbook.learner.phases import phases


def _walk() -> None:
    """A learner with two steps behind them, one of them with help, and one before them."""
    progress_ = progress.fresh("lab", "03_cluster", "uid")
    progress_.step("3.1").state = "passed"
    progress_.step("3.2").state, progress_.step("3.2").hints = "failed", 2
    progress_.write()


def test_every_phase_of_the_architecture_is_on_the_map() -> None:
    assert {"01", "02", "03", "04", "05", "06", "07"} <= {phase.number for phase in phases("lab")}
    assert all(phase.title for phase in phases("lab"))


def test_what_was_never_begun_says_so() -> None:
    phase = {phase.notebook: phase for phase in phases("lab")}["05_first_deploy"]
    assert {step.progress.state for step in phase.steps} == {"not begun"}
    assert phase.done == 0


def test_the_map_tells_state_and_help() -> None:
    _walk()
    text = repr(map_card(phases("lab"), "03_cluster"))
    assert "1 of 3 steps" in text
    assert "✗ failed, 2 hints" in text
    assert "5.1" not in text, "the steps of this notebook only"


def test_a_terminal_gets_a_line_a_phase() -> None:
    _walk()
    assert "03  ✓3.1 ✗3.2 ○3.3  1 of 3 steps" in map_lines(phases("lab"))


def test_the_page_links_every_notebook() -> None:
    page = map_markdown(phases("lab"), lambda phase: f"notebooks/{phase.notebook}.ipynb", "a.md")
    assert "## [05 The first deployment, and the releases after it](notebooks/05_first_deploy.ipynb)" in page


def _page() -> str:
    return map_markdown(phases("lab"), lambda phase: phase.notebook, "a.md")


def test_the_page_says_where_to_go_on() -> None:
    first, second = phases("lab")[:2]
    assert f"**Next:** [{first.number} {first.title}]({first.notebook})" in _page()
    progress_ = progress.fresh("lab", first.notebook, "uid")
    for step in first.steps:
        progress_.step(step.step.id).state = "passed"
    progress_.write()
    assert f"**Next:** [{second.number} {second.title}]({second.notebook})" in _page()


def test_a_place_that_is_no_place_is_none() -> None:
    _walk()
    progress_ = progress.load("lab", "03_cluster")
    assert progress_ is not None
    for content in ("", "{}", "[]", '{"steps": 3}'):
        progress_.file.write_text(content)
        assert progress.load("lab", "03_cluster") is None
