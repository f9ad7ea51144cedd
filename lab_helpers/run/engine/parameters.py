"""The parameters a notebook declares: which there are, which are refused, which must not be shown."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.redact import MASK
from lab_helpers.run.engine import values
from lab_helpers.run.engine.values import Parameter, WrongValue

__all__ = ["declared_parameters", "masked", "parameters_of", "read_parameters", "secret_names"]

T = TypeVar("T")

_SECRET_WORDS = ("token", "password", "secret")


def declared_parameters(notebook: Path) -> dict[str, Parameter]:
    """What a notebook's cell tagged ``parameters`` declares, by name, in its order.

    Raises:
        LabError: There is no such notebook, or it is not one.
    """
    import nbformat

    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except OSError as error:
        reason = _("cannot be read: {reason}").format(reason=error.strerror or error)
        raise LabError(reason, object=str(notebook), next_step=f"ls -l {notebook.parent}") from error
    except (nbformat.ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = _("not a notebook that can be run: {error}").format(error=str(error).partition("\n")[0])
        raise LabError(reason, object=str(notebook), next_step=f"git checkout {notebook}") from error
    return parameters_of(cells, str(notebook))


def parameters_of(cells: Iterable[Mapping[str, Any]], notebook: str) -> dict[str, Parameter]:
    """What the cell tagged ``parameters`` among these declares, by name, in its order.

    Args:
        cells: The notebook's cells.
        notebook: What it is called.

    Raises:
        LabError: The cell is no Python.
    """
    for cell in cells:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            try:
                return dict(_assignments("".join(cell["source"])))
            except SyntaxError as error:
                reason = _("its parameters cell is no Python, line {line}: {error}")
                raise LabError(
                    reason.format(line=error.lineno, error=error.msg),
                    object=notebook,
                    last_event=(error.text or "").strip(),
                    next_step=f"jupyter lab {notebook}",
                ) from error
    return {}


def read_parameters(
    given: Mapping[str, T],
    declared: Mapping[str, Parameter],
    notebook: str,
    read: Callable[[T, Parameter], object] = values.read,
) -> dict[str, object]:
    """Values for the parameters that a notebook declares.

    Args:
        given: What was typed or handed over, by name.
        declared: The notebook's parameters.
        notebook: What it is called.
        read: Reads one of them.

    Raises:
        LabError: The notebook has no such parameter, or the parameter cannot have such a value.
    """
    return {name: _read(name, value, declared, notebook, read) for name, value in given.items()}


def secret_names(names: Iterable[str]) -> list[str]:
    """Those names that say that their value must not be shown."""
    return [name for name in names if any(word in name.lower() for word in _SECRET_WORDS)]


def masked(parameters: Mapping[str, object]) -> dict[str, object]:
    """The same parameters with the secret ones hidden."""
    hidden = secret_names(parameters)
    return {name: MASK if name in hidden else value for name, value in parameters.items()}


def _read(
    name: str, value: T, declared: Mapping[str, Parameter], notebook: str, read: Callable[[T, Parameter], object]
) -> object:
    if name not in declared:
        reason = _("unknown parameter {name!r}; it knows: {known}")
        known = ", ".join(declared) or _("none")
        help_ = f"papermill --help-notebook {notebook}"
        raise LabError(reason.format(name=name, known=known), object=notebook, next_step=help_)
    try:
        return read(value, declared[name])
    except WrongValue as error:
        shown = repr(masked({name: value})[name])
        # Of 007 and 1.10 papermill makes numbers, but for -r.
        typed = f"papermill -r {name} …" if declared[name].kind == "str" else f"papermill --help-notebook {notebook}"
        reason = _("parameter {name}: {value} {reason}").format(name=name, value=shown, reason=error)
        raise LabError(reason, object=notebook, next_step=typed) from error


def _assignments(source: str) -> Iterable[tuple[str, Parameter]]:
    for statement in _parse(source).body:
        if isinstance(statement, ast.Assign):
            targets, annotation = statement.targets, None
        elif isinstance(statement, ast.AnnAssign):
            targets, annotation = [statement.target], statement.annotation
        else:
            continue
        parameter = values.declare(annotation, statement.value)
        yield from ((target.id, parameter) for target in targets if isinstance(target, ast.Name))


def _parse(source: str) -> ast.Module:
    """The cell as Python; magics and shell lines are what IPython makes of them."""
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        first, _newline, rest = source.lstrip().partition("\n")
        ipython = TransformerManager()  # type: ignore[no-untyped-call]
        return ast.parse(ipython.transform_cell(rest if first.startswith("%%") else source))
