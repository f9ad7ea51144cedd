"""A prediction is read as it was meant, with or without its quotes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lab_helpers.workbook.session import predictions

_CALL = 'lab.predict("3.2", prediction)\n'


def _transformed(*lines: str) -> list[str]:
    ipython = SimpleNamespace(input_transformers_cleanup=[])
    predictions.register(ipython)
    predictions.register(ipython)  # as when the lab is opened again
    (transform,) = ipython.input_transformers_cleanup
    return list(transform(list(lines)))


@pytest.mark.parametrize(
    "typed",
    [
        "both",
        "the pod waits",
        "draining, request, drained",
        "“the pod waits”",
        '"the pod waits',
        "the pod waits'",
        "‘both’",
    ],
)
def test_what_python_would_not_read_is_read(typed: str) -> None:
    cell = _transformed(f'prediction = {typed}  # "both" or "the pod waits"\n', _CALL)
    names: dict[str, Any] = {"lab": SimpleNamespace(predict=lambda _step, _prediction: None)}
    exec("".join(cell), names)
    assert names["prediction"] == typed.strip("\"'“”‘’")


@pytest.mark.parametrize("typed", ['"both"', "'both'", "37.50", '"..."', "None"])
def test_what_python_reads_stays_as_it_is(typed: str) -> None:
    line = f"prediction = {typed}  # a comment\n"
    assert _transformed(line, _CALL) == [line, _CALL]


def test_it_may_stand_in_the_call() -> None:
    assert _transformed('lab.predict("5.7", both)\n') == ["lab.predict(\"5.7\", 'both')\n"]
    assert _transformed('lab.predict("5.7", "both")\n') == ['lab.predict("5.7", "both")\n']


def test_other_cells_are_left_alone() -> None:
    assert _transformed("prediction = both\n") == ["prediction = both\n"]
